"""What the numbers of rules are called, for people to read: mostly the same in every rule that has one of the name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from alerts.domain.compliance.rules import Rule

Both = tuple[str, str]  # in Chinese and in English

_OF_ANY: Mapping[str, Both] = MappingProxyType(
    {
        "small_students": ("走读学生少于此数算小学校", "fewer pupils than this make a small school"),
        "small_guards": ("小学校的保安数", "guards of a small school"),
        "middle_guards": ("中等学校的保安数", "guards of a middle school"),
        "large_students": ("走读学生达到此数算大学校", "so many pupils make a large school"),
        "large_guards": ("大学校的保安数", "guards of a large school"),
        "further_students": ("此外每满多少学生加一名保安", "one more guard for each so many further pupils"),
        "further_per_mille": ("此外按学生数千分之几加保安", "further guards, per mille of the further pupils"),
        "seen_days": ("多少天内有人到岗", "days within which a guard was seen on post"),
        "at_least_guards": ("至少几名保安", "guards at least"),
        "boarders_of_one": ("每多少寄宿生一名保安", "boarders for whom one guard is asked"),
        "morning_hours": ("夜间算到零点后多久", "how long after midnight it is night"),
        "on_hours": ("一次签到最多算多久", "how long a check-in tells without another word"),
        "shift_hours": ("一班最长多久", "how long a shift lasts at most"),
        "gap_minutes": ("允许离岗多久", "how long a gap may be"),
        "guards": ("保安数", "guards"),
        "teachers": ("教师数", "teachers"),
        "police": ("警力或巡防人数", "police or patrols"),
        "parents": ("家长数", "parents"),
        "age_months": ("多久以内有效", "how old it may be"),
        "helmet": ("头盔", "helmets"),
        "shield": ("盾牌", "shields"),
        "stab_vest": ("防刺服", "stab vests"),
        "gloves": ("防割手套", "gloves"),
        "baton": ("橡胶棍", "batons"),
        "torch": ("强光手电", "torches"),
        "spray": ("催泪喷射器", "sprays"),
        "fork": ("钢叉", "forks"),
        "near_minutes": ("前后相差多久算同一次", "how far apart two reports may be to belong together"),
        "at_least_people": ("至少几人", "people at least"),
        "of_students_per_mille": ("占学生数的千分比", "per mille of the students"),
        "self_help_seconds": ("自救多久完成（1 分钟处置）", "self-help is done within (the first minute)"),
        "mutual_help_seconds": ("互救多久完成（3 分钟处置）", "mutual help is done within (the third minute)"),
        "reinforcement_seconds": ("增援多久到位（5 分钟处置）", "reinforcement is there within (the fifth minute)"),
        "before_minutes": ("提前多久到岗", "how long before"),
        "after_minutes": ("结束后再留多久", "how long after"),
        "due_hours": ("周日零点后多久以内公布", "published on Sunday so long after midnight at latest"),
        "open_minutes": ("校门最多开多久", "how long a gate may stand open"),
        "passing_seconds": ("一个人通过最多开多久", "how long a gate stands open for one who passes"),
        "edge_minutes": ("时段前后各放宽多久", "how far around a window it may be the pupils"),
        "after_closing_minutes": ("闭校后多久清场", "how long after closing everybody is out"),
        "height_centimetres": ("围墙至少多高", "how high the wall is at least"),
        "per_place": ("每处几个报警装置", "buttons at each place"),
        "days": ("多少天以内", "within so many days"),
        "times": ("次数", "times"),
        "percent": ("至少达到的比例", "at least so many percent"),
        "silent_seconds": ("多久没有心跳算失联", "silent for so long is a fault"),
        "silent_hours": ("连续失联最长多久", "silent for so long on end at most"),
        "battery_days": ("电池不足多久内更换", "a low battery is replaced within"),
        "mains_hours": ("断电最长多久", "mains are lost for so long at most"),
        "hours": ("多久内修复", "repaired within"),
        "seconds": ("多少秒以内", "within so many seconds"),
        "soon_percent": ("其中尽快的比例", "so many percent of them soon"),
        "soon_seconds": ("“尽快”是多少秒以内", "soon is within"),
        "town_minutes": ("城区多久到场", "in town, there within"),
        "suburb_minutes": ("郊区多久到场", "outside town, there within"),
        "people": ("几人", "people"),
        "minutes": ("多少分钟以内", "within so many minutes"),
        "rounds": ("几轮巡查", "rounds"),
        "key_place_days": ("重点部位视频保存多久", "video of key places goes back so far"),
        "sample_days": ("多久抽查一次", "a sample is played within"),
        "alarm_days": ("报警记录保存多久", "alarms are kept for"),
        "access_days": ("出入记录保存多久", "entries are kept for"),
        "own_days": ("我们自己保存多久", "we ourselves keep for"),
        "months": ("几个月演练一次", "a drill every so many months"),
        "kindergarten_months": ("幼儿园几个月演练一次", "a drill every so many months, at a kindergarten"),
        "assign_hours": ("多久内指定责任人和期限", "owner and deadline are named within"),
    }
)
_OF_ONE: Mapping[tuple[str, str], Both] = MappingProxyType(
    {
        ("G4", "gap_minutes"): ("高峰时段允许离岗多久", "how long a gap may be in a peak window"),
        ("A3", "times"): ("每月至少测试几次", "tests a month at least"),
        ("A11", "times"): ("一学期误报几次以内不用重新培训", "so many false presses a term are borne"),
        ("A13", "seconds"): ("时钟最多差多少秒", "how far a clock may be off"),
        ("D2", "days"): ("在多少天内", "within so many days"),
        ("D2", "times"): ("至少几次夜间演练", "night drills at least"),
        ("V2", "days"): ("视频至少保存多久", "video goes back so far at least"),
        ("R7", "people"): ("非真实警情由几人结案", "people who close what was no emergency"),
    }
)


def name_number(rule: Rule, name: str) -> Both:
    """What a number of a rule is called."""
    return _OF_ONE.get((rule.code, name)) or _OF_ANY[name]
