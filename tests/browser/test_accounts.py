"""Accounts, tokens and one's own sign-in, in the page."""

from __future__ import annotations

import csv
import re

import pyotp
import pytest
from playwright.async_api import expect

from alerts.domain.incidents import Cause
from alerts.domain.rights import Role
from alerts.storage.accounts import Account, save_account
from tests.alerts.story import WANG
from tests.browser.looks import find_grave, inspect, walk
from tests.browser.real_board import RealDesk
from tests.dashboard.board import PASSWORD, hash_password

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

OTHER = "another horse, another battery"


async def test_an_administrator_lets_a_guard_in_changes_them_and_lets_them_go_and_makes_a_token(
    real_desk: RealDesk,
) -> None:
    desk, page = real_desk, real_desk.page
    await desk.enter("#/sign-in/accounts", name="chen")
    await page.get_by_role("button", name="新建账号").click()
    form = page.locator("[data-part=account-form]")
    await form.locator("[data-field=name]").fill("zhao")
    await form.locator("[data-field=display_name]").fill("赵保安")
    await form.locator("[data-field=password]").fill("short")
    await form.get_by_role("button", name="保存").click()
    await expect(form.get_by_role("alert").filter(has_text="请选择")).to_be_visible()
    await form.get_by_role("combobox", name=re.compile("学校")).fill("第一")
    await page.get_by_role("option", name=re.compile("第一小学")).click()
    await form.get_by_role("button", name="保存").click()
    await expect(form.locator("[data-problem=password]")).to_contain_text("密码至少")
    await form.locator("[data-field=password]").fill(OTHER)
    await form.get_by_role("button", name="保存").click()
    await expect(page.locator("[data-part=done]")).to_contain_text("赵保安 的账号已创建")
    row = page.locator("[data-account=zhao]")
    await expect(row).to_contain_text("第一小学")
    await expect(row).to_contain_text("还是初始密码")
    await row.get_by_role("button", name="修改：赵保安").click()
    await inspect(desk, "account-form")
    await desk.page.locator("button[lang=zh-CN]").first.dispatch_event("click")
    await page.locator("[data-part=account-form] [data-field=role]").select_option("city_desk")
    await page.locator("[data-part=owner]").get_by_role("combobox").fill("赵")
    await page.get_by_role("option", name=re.compile("赵保安")).click()
    await page.locator("[data-part=account-form]").get_by_role("button", name="保存").click()
    await expect(row).to_contain_text("全市")
    await expect(row).to_contain_text("归属人：赵保安")
    await desk.story.database_execute("update session set proved_at = proved_at - interval '11 minutes'")
    await row.get_by_role("button", name="删除账号：赵保安").click()
    await row.get_by_role("button", name="删除账号", exact=True).click()
    proof = page.locator("[data-part=proof]")
    await expect(proof.locator("[data-field=proof-password]")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(row.get_by_role("alert")).to_contain_text("没有再次验证是您本人")
    await row.get_by_role("button", name="删除账号", exact=True).click()
    await inspect(desk, "proof", around=False)
    await desk.page.locator("button[lang=zh-CN]").first.dispatch_event("click")
    await proof.locator("[data-field=proof-password]").fill("wrong")
    await page.keyboard.press("Enter")
    await expect(proof.get_by_role("alert")).to_contain_text("密码不正确")
    await proof.locator("[data-field=proof-password]").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(row).to_have_count(0)
    await expect(proof).to_have_count(0)

    await desk.go("#/sign-in/tokens")
    await page.get_by_role("button", name="新建令牌").click()
    await page.locator("[data-part=token-form] [data-field=name]").fill("sms-bridge")
    await page.get_by_role("button", name="创建").click()
    await expect(page.locator("[data-part=made] input")).to_have_value(re.compile(r"^[\w-]{43}$"))
    await walk(desk, {"accounts": "#/sign-in/accounts", "tokens": "#/sign-in/tokens", "sign-in": "#/sign-in"})
    await desk.page.locator("button[lang=zh-CN]").first.dispatch_event("click")
    await desk.go("#/sign-in/tokens")
    await expect(page.locator("[data-part=made]")).to_have_count(0)
    token = page.locator("[data-token=sms-bridge]")
    await token.get_by_role("button", name="吊销：sms-bridge").click()
    await token.get_by_role("button", name="吊销", exact=True).click()
    await expect(token).to_have_count(0)


async def test_an_administrator_issues_credentials_takes_them_along_as_a_file_and_revokes_one(
    real_desk: RealDesk,
) -> None:
    desk, page = real_desk, real_desk.page
    await desk.enter("#/sign-in/devices", name="chen")
    await expect(page.locator("[data-part=no-keeper]")).to_be_visible()
    await page.locator("[data-field=district]").select_option("370202")
    await page.get_by_role("button", name="为列出的全部设备").click()
    await expect(page.locator("[data-part=issue] legend")).to_have_text("为 3 台设备发放新凭据")
    await page.get_by_role("button", name="发放", exact=True).first.click()
    password = await page.locator("[data-password=S1-G1]").inner_text()
    assert re.fullmatch(r"[a-z2-7]{24}", password)
    async with page.expect_download() as download:
        await page.get_by_role("button", name="保存为 CSV").click()
    rows = [*csv.DictReader((await (await download.value).path()).read_text("utf-8-sig").splitlines())]
    assert [(one["user_name"], one["topic"]) for one in rows if one["password"] == password] == [
        ("S1-G1", "campus/v1/370202/S1/S1-G1/")
    ]
    await page.get_by_role("button", name="已保存好").click()
    await expect(page.get_by_text(password)).to_have_count(0)

    device = page.locator("[data-credential=S1-G1]")
    await device.get_by_role("button", name="更换：S1-G1").click()
    await page.locator("[data-part=issue] [data-field=grace]").select_option("24")
    await page.locator("[data-part=issue]").get_by_role("button", name="发放").click()
    await expect(page.locator("[data-user-name=S1-G1]")).to_have_text("S1-G1.2")
    await page.get_by_role("button", name="已保存好").click()
    await expect(device).to_contain_text("旧凭据 S1-G1 有效到")
    await desk.story.database_execute(
        "insert into refused_sign_in values ('S1-G1', 'S1-G1', '10.1.2.3', now(), now(), 3)"
    )
    await walk(desk, {"credentials": "#/sign-in/devices"})
    await desk.page.locator("button[lang=zh-CN]").first.dispatch_event("click")
    await page.locator("[data-field=show]").select_option("trying")
    await expect(device).to_contain_text("被拒绝 3 次")
    await expect(page.locator("[data-credential]")).to_have_count(1)
    await page.locator("[data-field=show]").select_option("all")
    await device.get_by_role("button", name="已换好，停用旧凭据：S1-G1").click()
    await device.get_by_role("button", name="停用", exact=True).click()
    await expect(device).not_to_contain_text("旧凭据")
    await device.get_by_role("button", name="吊销：S1-G1").click()
    await device.get_by_role("button", name="吊销", exact=True).click()
    await expect(device).to_contain_text("已吊销")
    await page.locator("[data-field=show]").select_option("ended")
    await expect(page.locator("[data-credential]")).to_have_count(1)


async def test_a_person_sees_where_they_are_signed_in_ends_the_others_and_changes_their_password(
    real_desk: RealDesk,
) -> None:
    desk, page = real_desk, real_desk.page
    await desk.enter(name="li")
    await desk.change_hands("li")
    await page.get_by_role("button", name="设置与账号").click()
    await page.get_by_role("link", name="我的登录和密码").click()
    await expect(page.locator("[data-session]")).to_have_count(2)
    await expect(page.locator("[data-current=true]")).to_contain_text("本机")
    await expect(page.get_by_role("link", name="程序令牌")).to_have_count(0)
    await page.locator("[data-current=false]").get_by_role("button", name="退出").click()
    await page.locator("[data-current=false]").get_by_role("button", name="退出", exact=True).click()
    await expect(page.locator("[data-session]")).to_have_count(1)
    mine = page.locator("[data-part=own-password]")
    await mine.locator("[data-field=old]").fill("not it")
    await mine.locator("[data-field=new]").fill(OTHER)
    await mine.get_by_role("button", name="修改密码").click()
    await expect(mine.locator("[data-problem=old]")).to_have_text("现在的密码不对")
    await mine.locator("[data-field=old]").fill(PASSWORD)
    await mine.get_by_role("button", name="修改密码").click()
    await expect(page.locator("[data-part=done]")).to_contain_text("密码已修改")
    await desk.go("#/sign-in/accounts")
    await expect(page.locator("[data-part=not-yours]")).to_be_visible()


async def test_a_person_switches_their_second_factor_on_and_signs_in_with_its_code(
    monkeypatch: pytest.MonkeyPatch, real_desk: RealDesk
) -> None:
    desk, page = real_desk, real_desk.page
    monkeypatch.setattr(desk.settings, "administrators_need_second_factor", True)
    await desk.enter("#/sign-in/accounts", name="chen")
    await expect(page.locator("[data-part=accounts]")).to_contain_text("请先打开第二重验证")
    await desk.go("#/sign-in")
    factor = page.locator("[data-part=factor]")
    await expect(factor).to_contain_text("要求管理员打开第二重验证")
    await factor.get_by_role("button", name="打开第二重验证").click()
    secret = await factor.locator("[data-part=secret]").inner_text()
    assert await factor.locator("img").evaluate("one => one.complete && one.naturalWidth > 100")
    await inspect(desk, "factor-begun")
    await page.locator("button[lang=zh-CN]").first.dispatch_event("click")
    await factor.locator("[data-field=code]").fill("12 34 56")
    await factor.get_by_role("button", name="确认并打开").click()
    await expect(factor.locator("[data-problem=code]")).to_contain_text("验证码不对")
    await factor.locator("[data-field=code]").fill(pyotp.TOTP(secret).at(desk.story.now))
    await factor.get_by_role("button", name="确认并打开").click()
    await expect(factor.locator("[data-part=codes] li")).to_have_count(10)
    await inspect(desk, "factor-codes", around=False)
    kept = await factor.locator("[data-part=codes] li").first.inner_text()
    await walk(desk, {"accounts-factor": "#/sign-in/accounts"})
    await page.locator("button[lang=zh-CN]").first.dispatch_event("click")

    await page.context.clear_cookies()
    await page.reload()
    await desk.sign_in("chen", PASSWORD)
    await expect(page.locator("#code")).to_be_focused()
    assert await find_grave(desk) == []
    await page.fill("#code", "000000")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_have_text("动态验证码不正确或已用过。")
    await page.fill("#code", kept)
    await page.keyboard.press("Enter")
    await expect(desk.room).to_have_attribute("data-health", "live")


async def test_whoever_came_in_by_a_first_password_chooses_their_own_and_an_alarm_comes_before_that(
    real_desk: RealDesk,
) -> None:
    desk, page, story = real_desk, real_desk.page, real_desk.story
    async with story.database.transaction() as connection:
        zhao = Account("zhao", "赵保安", Role.GUARD, school="S1")
        await save_account(connection, zhao, hash_password(), await story.database.read_now(connection), first=True)
    await desk.enter(name="zhao")
    own = page.locator("[data-part=first-password]")
    await expect(own).to_contain_text("请先设置自己的密码")
    await expect(page.locator("#queue")).to_have_count(0)
    await expect(page.locator("[data-part=soft-alarm]")).to_be_visible()
    await desk.save_picture("first-password")
    incident = (await story.press(id="p1")).incident
    await expect(own).to_have_count(0)
    await desk.card(incident).locator(".take").click()
    banner = page.locator("[data-part=first-password-waiting]")
    await expect(banner).to_contain_text("警情处理完请设置自己的密码")
    await desk.save_picture("first-password-alarm")
    await banner.get_by_role("link", name="现在设置").click()
    await own.locator("[data-field=old]").fill(PASSWORD)
    await own.locator("[data-field=new]").fill(PASSWORD)
    await own.get_by_role("button", name="修改密码").click()
    await expect(own.locator("[data-problem=new]")).to_contain_text("请换一个新密码")
    await story.answers.close(incident, WANG, Cause.ACCIDENTAL)
    await expect(page.locator("#queue")).to_have_count(0)
    await own.locator("[data-field=old]").fill(PASSWORD)
    await own.locator("[data-field=new]").fill(OTHER)
    await own.get_by_role("button", name="修改密码").click()
    await expect(page.locator("[data-part=mine]")).to_be_visible()
    await page.goto(f"{desk.url}#/")
    await page.reload()
    await expect(page.locator("#queue")).to_be_visible()
    await expect(banner).to_have_count(0)
    changed = page.locator("[data-part=sign-in-changed]")
    await changed.get_by_role("link", name="去查看").click()
    changes = page.locator("[data-part=sign-in-changes]")
    await expect(changes).to_contain_text("密码已修改")
    await desk.save_picture("sign-in-changes")
    await changes.get_by_role("button", name="我知道了").click()
    await expect(changes.get_by_role("button")).to_have_count(0)
    await desk.go("#/")
    await expect(changed).to_have_count(0)
