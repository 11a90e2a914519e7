"""What is said to whoever signs in at the operator's provider, in both languages, with what to do."""

from __future__ import annotations

from alerts.incidents.answer_words import Words

TITLE = Words("单位账号登录", "Signing in with your organisation")
TO_THE_BOARD = Words("返回值守平台", "To the board")
OFF = Words(
    "本平台没有启用单位账号登录。请用账号和密码登录。",
    "Signing in with an organisation is not set up here. Sign in with name and password.",
)
AWAY = Words(
    "单位登录系统没有应答。有密码的请用密码登录；否则请稍后再试，并告诉管理员。",
    "Your organisation's sign-in does not answer. Sign in with a password if you have one; else try again soon, and "
    "tell an administrator.",
)
CODE_UNREADABLE = Words(
    "服务器缺少第二重验证的密钥，动态验证码暂时不能用：请填一个备用码，并告诉管理员。",
    "The service lacks the key of second factors: use one of the codes that you kept, and tell an administrator.",
)
OURS_AWAY = Words("数据库暂时不可用。请稍后再试。", "The database is out of reach. Try again soon.")
OVER = Words(
    "登录超过 10 分钟，或不是在这个浏览器里开始的。请返回，重新登录。",
    "It took more than ten minutes, or was not begun in this browser. Go back and sign in again.",
)
NOT_DONE = Words(
    "没有在单位登录系统完成登录。请返回，重新登录。",
    "You did not finish signing in at your organisation. Go back and sign in again.",
)
UNCLEAR = Words(
    "单位登录系统的答复无法确认，没有登录。原因已写入运行日志，请告诉管理员。",
    "What your organisation's sign-in answered cannot be believed, so you are not signed in. The reason is in the "
    "service's log: tell an administrator.",
)
CLOCKS = Words(
    "单位登录系统与本平台的时钟相差太多，没有登录。请管理员校准两边服务器的时间。",
    "The clocks of your organisation's sign-in and of this service differ too much. An administrator must set the time "
    "of both servers right.",
)
NOT_ASKED = Words(
    "单位登录系统没有重新询问您是谁，没有登录。请在那里退出后再登录；仍不行，请告诉管理员。",
    "Your organisation's sign-in did not ask who you are. Sign out there and try again; if that does not help, tell an "
    "administrator.",
)
NOT_TIED = Words(
    "您的单位账号还没有绑定本平台的账号。请把下面的标识告诉管理员，绑定后再登录。",
    "Your organisation's account is not tied to an account here. Tell an administrator what stands below, and sign in "
    "again when it is tied.",
)
SOMEBODY_ELSE = Words(
    "验证的不是正在登录的这个人。请用本人的单位账号再试一次。",
    "This is not who is signed in. Try again with your own account of your organisation.",
)
WAIT = Words("尝试次数过多，请 5 分钟后再试。", "Too many attempts. Try again in five minutes.")
PROVED = Words("已验证。可以关闭本页，回到刚才的页面继续。", "Done. Close this page and go on where you were.")
CODE = Words("动态验证码，或一个备用码", "The code of your second factor, or one of those that you kept")
CODE_WRONG = Words("验证码不正确或已用过。", "The code is wrong, or was used already.")
GO_ON = Words("继续", "Go on")
