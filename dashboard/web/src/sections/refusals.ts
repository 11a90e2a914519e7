/** What the service refuses, in the person's language: in Chinese where the page knows the sentence. */

import { isBar, type Refusal } from '../lib/api'
import { speak, t } from '../lib/i18n'
import { prefs } from '../lib/prefs.svelte'

const { say } = speak(
  { silent: '没有收到服务器的答复，可能没有保存。请再试一次。', refused: '没有保存：{problem}' },
  { silent: 'The server did not answer; it may not be saved. Try again.', refused: 'Not saved: {problem}' },
)

const IN_CHINESE: readonly [sentence: RegExp, zh: (found: readonly string[]) => string][] = [
  [/^(.+): the former credential is still good/, ([, codes]) => `${codes} 正在更换，请先停用旧凭据`],
  [/^(\S+) has no former credential/, ([, code]) => `${code} 的旧凭据已经失效`],
  [/^(\S+) has no credential that is good/, ([, code]) => `${code} 没有有效的凭据`],
  [/^the person has this method already$/, () => '这个人已经有这条联系方式'],
  [/^a person has at most (\d+) contact methods/, ([, n]) => `每人最多 ${n} 条联系方式，请先删除一条`],
  [/^an address is needed$/, () => '请填写号码或地址'],
  [/^a short message needs a mobile number/, () => '短信需要手机号：1 开头的 11 位数字，或 + 加国家代码'],
  [/^a call needs a telephone number/, () => '电话需要 5 到 15 位号码，分机写在“,”或“#”之后'],
  [/^a mail address looks like/, () => '邮箱格式应为 name@example.cn'],
  [/takes a robot's (token|key)/, () => '请填写机器人地址中 access_token=、key= 或 /hook/ 之后的部分'],
  [/^an Apprise address begins/, () => 'Apprise 地址以服务名开头，例如 ntfy://topic'],
  [/^a code was sent just now: wait (\d+) s/, ([, n]) => `刚刚发送过验证码，请 ${n} 秒后再发`],
  [/^the channel (\S+) is off/, () => '这个通道没有启用，发不出验证码'],
  [/^this is not the code that was sent/, () => '验证码不对，请核对后再填'],
  [/^no code is under way/, () => '没有待验证的验证码，或已超过十分钟，请重新发送'],
  [/^five wrong codes/, () => '已填错五次，请重新发送验证码'],
  [/^a certificate has a number/, () => '请填写一行证书编号'],
  [/^leave must end after it begins/, () => '离岗结束时间要晚于开始时间，最长三年'],
  [/^this leave is over already$/, () => '这段离岗已经结束'],
  [/^nobody can stand in for themselves$/, () => '不能自己顶替自己'],
  [/^somebody is named twice$/, () => '有人被重复填写'],
  [/^a person has at most (\d+) deputies/, ([, n]) => `每人最多 ${n} 名替班人`],
  [/^nobody has the code (.+): import/, ([, codes]) => `没有编号为 ${codes} 的人员，请先导入`],
  [/^a roster needs at least one shift/, () => '至少要有一个班次；若全天由任职人员值守，请删除排班'],
  [/^version (\d+) is in force, not (\d+)/, ([, now]) => `别人刚刚保存了第 ${now} 版。请先查看新版本再改`],
  [/^“(.*)” is no time of day/, ([, said]) => `“${said}”不是时间，请写成 08:00`],
  [/^two shifts have the same name$/, () => '有两个班次同名'],
  [/^handover_minutes must be between (\d+) and (\d+)/, ([, from, to]) => `提前到岗要在 ${from} 到 ${to} 分钟之间`],
  [/^shift “(.*)”: (.*)$/, ([, name, rest]) => `班次“${name}”：${inChinese(rest ?? '')}`],
  [/^a shift needs a name/, () => '班次要有名称'],
  [/^name each of its days of the week once/, () => '至少选一个星期几'],
  [/^turn_days must be between (\d+) and (\d+)/, ([, from, to]) => `轮换天数要在 ${from} 到 ${to} 之间`],
  [/^it needs between 1 and (\d+) turns/, () => '至少要有一组人'],
  [/^turn (\d+) needs between/, ([, n]) => `第 ${n} 组还没有人`],
  [/^turn (\d+) names somebody twice/, ([, n]) => `第 ${n} 组有人重复`],
  [/^it must end after it starts, within (\d+) days/, ([, n]) => `结束时间要晚于开始时间，最长 ${n} 天`],
  [/^the time must end after it begins/, () => '结束时间要晚于开始时间'],
  [/^`replace` and `add` name the person/, () => '请选择来顶替的人'],
  [/^it is over already/, () => '这段时间已经过去，不能再改'],
  [/has no roster to override/, () => '这个岗位没有排班，由任职人员全天值守，无需临时调整'],
  [/^a swap is between two people$/, () => '换班要在两个人之间'],
  [/^the half of (.+) is over already$/, ([, who]) => `${who} 的那一班已经结束`],
  [/^(\S+) is not on duty here between/, ([, who]) => `${who} 在这段时间没有这个岗位的班`],
  [/^a name is one line of at most (\d+)/, ([, n]) => `名称最多 ${n} 个字`],
  [/^the period ends before it begins/, () => '结束日期早于开始日期'],
  [/^the window is over already$/, () => '结束时间已经过去'],
  [/^a window must end after it starts, within 24 hours$/, () => '结束时间要晚于开始时间，最长 24 小时'],
  [/^there is none of that number, or it is over$/, () => '这次报备已经结束'],
  [/^(.+) told 110 already$/, ([, who]) => `${who} 已经登记过通知 110`],
  [/^nobody registered (.+): nothing was recorded$/, ([, codes]) => `设备 ${codes} 没有登记，什么也没有记录`],
  [/^say whom it is for/, () => '请选择通知对象'],
  [/^nobody holds such a post there$/, () => '这些地方没有这样的岗位'],
  [/^nobody whom it is meant for can be reached/, () => '对象中没有一个人能通知到，请看试算'],
  [/^quiet hours that end when they start/, () => '安静时段的开始和结束不能相同'],
  [/is no time zone: write one such as/, () => '没有这个时区，请写成 Asia/Shanghai 这样'],
  [/^version (\d+) is the newest, not 0/, ([, now]) => `这个编号已经有预案了（第 ${now} 版），请换一个编号，或修改那份预案`],
  [/^version (\d+) is the newest, not (\d+)/, ([, now]) => `别人刚刚保存了第 ${now} 版。请先查看新版本再改`],
  [/^a plan needs a name$/, () => '请填写预案名称'],
  [/^valid_until must not be before valid_from$/, () => '截止日期不能早于生效日期'],
  [/^a plan has 1 to (\d+) responsibilities, not (\d+)$/, ([, most, n]) => `一份预案要有 1 到 ${most} 项责任，现在有 ${n} 项`],
  [/^responsibility (\d+) stands there twice/, ([, n]) => `序号 ${n} 重复，每项要有自己的序号`],
  [/^responsibility (\d+): numbers begin with 1$/, () => '序号从 1 开始'],
  [/^responsibility (\d+) says nothing/, ([, n]) => `第 ${n} 项没有写要做什么`],
  [/^responsibility (\d+): the deputy must be somebody else/, ([, n]) => `第 ${n} 项的替补不能和责任人相同`],
  [/^responsibility (\d+): nobody has the code (.+)$/, ([, n, code]) => `第 ${n} 项：没有编号为 ${code} 的人员`],
  [/^there is no school (.+)$/, ([, code]) => `没有学校 ${code}`],
  [/^the plan (.+) is (the whole city's|the school (.+)'s): give this one/, ([, code, , school]) =>
    `编号 ${code} 已经用于${school ? `学校 ${school}` : '全市'}的预案，请换一个编号`],
  [/^trained_on is a day to come/, () => '培训日期还没有到，培训完成后再登记'],
  [/^at most (\d+) bytes$/, ([, n]) => `内容太多，一次最多 ${Math.floor(Number(n) / 1024)} KB：请改用命令行导入`],
  [/^no day from (\S+) to (\S+) is closed there$/, ([, first, last]) => `${first} 至 ${last} 还没有封存的日子`],
  [/lies in no term that somebody entered$/, () => '这一天不在任何已录入的学期内'],
  [/^(\d+) exports are kept at most/, ([, n]) => `每人最多保存 ${n} 份报告，请先删除一份`],
  [/^the file has more than (\d+) MB/, ([, n]) => `文件超过 ${n} MB，请缩小范围`],
  [/^given up after (\d+) attempts$/, ([, n]) => `试了 ${n} 次都没有生成，请联系管理员`],
  [/^(?:Pango|fontconfig) is missing|^no Chinese font is installed/, () =>
    '服务器上没有安装生成 PDF 所需的组件，请改用 XLSX，或请管理员按“测试与演练”文档安装'],
  [/makes no sense here: it must be between (\S+) and (\S+) /, ([, from, to]) => `要在 ${from} 到 ${to} 之间`],
  [/must be a whole number: it counts/, () => '要填整数'],
  [/^days before (\S+) were closed by the numbers of then/, ([, on]) => `${on} 以前的日子已按当时的参数存档，请从 ${on} 或以后开始`],
  [/^days before (\S+) were closed and keep what held/, ([, on]) => `${on} 以前的日子已经存档，请从 ${on} 或以后开始`],
  [/^(\S+) is before (\S+), on which it begins$/, () => '最后一天不能早于第一天'],
  [/^an exception lasts at most a year/, () => '最长一年，到期再说明一次'],
  [/^a day of early closing needs it/, () => '提前放学要写全部离校的时间'],
  [/^say why, in 1 to (\d+) characters$/, ([, n]) => `请写明缘由，最多 ${n} 字`],
  [/^say in 1 to (\d+) characters which document says so/, ([, n]) => `请填写依据，最多 ${n} 字`],
  [/^must be between the years 2000 and 2200/, () => '年份要在 2000 到 2200 之间'],
  [/is before (\S+), or beyond 2200$/, () => '最后一天不能早于生效日期'],
  [/^Somebody tries a number just now/, () => '另一个人正在试算，请等它结束再试'],
  [/^there is no number (\d+) set, or it has ended$/, () => '这条规定已经停用'],
  [/^it was answered already: look/, () => '别人已经回答过这一条，请重新载入后更正'],
  [/^somebody else answered or corrected it/, () => '别人刚刚回答或更正了这一条，请重新载入'],
  [/^the visit is over$/, () => '检查已经结束，不能再答，只能更正'],
  [/^the last day must not be before the first$/, () => '最后一天不能早于第一天'],
  [/^say why, so that others know later$/, () => '请写明理由'],
  [/^who uses a browser switches it on/, () => '浏览器通知由本人登录后在自己的设备上打开'],
  [/^there is no district (.+)$/, ([, code]) => `没有区 ${code}`],
  [/^there is no hold (\d+), or it was lifted$/, () => '这条保全已经解除'],
  [/^a password needs at least (\d+) characters/, ([, n]) => `密码至少 ${n} 个字符`],
  [/^a password has at most (\d+) characters/, ([, n]) => `密码最多 ${n} 个字符`],
  [/^you proposed it: another person/, () => '是您提出的，要由另一个人确认'],
  [/^somebody changed it since this was proposed/, () => '提出以后别人又改过，请先看看现在的内容，再重新提出'],
  [/^a rule with this place and these conditions is in force already/, () => '同样范围和条件的策略已经有了'],
  [/^it was settled already, or its time is over/, () => '已有结果，或已过时，请重新提出'],
  [/^(.+) may not propose it any more/, ([, name]) => `${name} 已没有这项权限，不能再确认`],
  [/^(.+) proposed it: only they/, ([, name]) => `是 ${name} 提出的，只有本人能撤回`],
  [/^this identity is tied to (.+) already$/, ([, name]) => `这个标识已绑定账号 ${name}`],
  [/^this password is guessed easily: it is made of your name/, () => '容易被猜到：含有姓名、学校名或本平台常用的词'],
  [/^this password is guessed easily: it is a known/, () => '容易被猜到：是常见密码，或只有几个常用词，请多用几个词'],
  [/^this password is guessed easily: it is a row/, () => '容易被猜到：是键盘上连着的键'],
  [/^this password is guessed easily: it repeats/, () => '容易被猜到：是重复或连续的字符'],
  [/^this password is guessed easily: it is made of dates/, () => '容易被猜到：由日期或年份组成'],
  [/^this is not the code of the moment/, () => '验证码不对，请看手机上的时间准不准'],
  [/^your second factor is on already$/, () => '第二重验证已经打开'],
  [/^Show once more who you are$/, () => '没有再次验证是您本人'],
  [/^this is the password that you have/, () => '请换一个新密码'],
  [/^there is no person (\S+)$/, ([, code]) => `没有编号为 ${code} 的人员`],
  [/^a new account needs a password$/, () => '新账号要有密码'],
  [/^this is not your password$/, () => '现在的密码不对'],
  [/ is a program's token: another name is needed$/, () => '已有同名的程序令牌，请换一个名称'],
  [/ is a person's account: another name is needed$/, () => '已有同名的账号，请换一个名称'],
  [/ is the last administrator: make another one first$/, () => '这是最后一个管理员，请先创建另一个'],
  [/^say why it is corrected$/, () => '请写明更正原因'],
  [/^a picture has at most (\d+) MB/, ([, n]) => `图片最大 ${n} MB，请选小一些的`],
  [/^a picture has at most (\d+) million pixels/, ([, n]) => `图片最多 ${Number(n) * 100} 万像素，请选小一些的`],
  [/^a picture must be a JPEG/, () => '图片要是 JPEG、PNG 或 WebP'],
  [/^the picture is broken/, () => '图片文件不完整，读不到底'],
  // What the checks of every request say of a field.
  [/^Field required$/, () => '请填写'],
  [/^(?:String|Value) should have at least 1 /, () => '请填写'],
  [/^(?:String|Value) should have at most (\d+) (?:characters?|items?)/, ([, n]) => `最多 ${n} 个字`],
  [/^String should match pattern/, () => '只能用字母、数字、- 和 _，最多 64 个字符'],
  [/^Input should be a valid date/, () => '请填写日期'],
  [/^Input should be greater than or equal to (-?\d+)$/, ([, n]) => `不能小于 ${n}`],
  [/^Input should be less than or equal to (-?\d+)$/, ([, n]) => `不能大于 ${n}`],
]

export const NO_ANSWER = (): string => say('silent')

export function sayRefusal(error: Refusal): string {
  return say('refused', { problem: inWords(error) })
}

/** What to mend, alone. */
export const inWords = (error: Refusal): string => isBar(error.slug) ? t(`refused.${error.slug}`) : inTheirLanguage(error.problem)

/** A sentence of the service's. */
export const inTheirLanguage = (sentence: string): string => (prefs.language === 'zh' ? inChinese(sentence) : sentence)

function inChinese(sentence: string): string {
  for (const [pattern, zh] of IN_CHINESE) {
    const found = pattern.exec(sentence)
    if (found) return zh(found)
  }
  return sentence
}
