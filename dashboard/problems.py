"""Errors as RFC 9457 problem documents, whose `type` ends in a stable slug."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import msgspec
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.types import Scope

from alerts.domain.incidents import MoveRefused
from alerts.storage.errors import StorageUnavailable

MEDIA_TYPE = "application/problem+json"
TYPE_BASE = "/api/v1/problems/"
RETRY_SECONDS = "2"  # while the database is away

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ProblemDocument:
    """What an error answer says. `type` ends in a stable slug; `errors` names what is wrong with which field."""

    type: str
    title: str
    status: int
    detail: str | None = None
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing that is wrong with a request; `field` is its path, such as `body.cause` or `query.limit`."""

    field: str
    message: str


KINDS: Mapping[str, tuple[int, str]] = MappingProxyType(
    {
        "not-signed-in": (401, "Sign in first"),
        "bad-signature": (401, "It is not signed by who knows the secret, or not now"),
        "bad-credentials": (401, "The name or the password is wrong"),
        "code-needed": (401, "A code of your second factor is needed, too"),
        "code-wrong": (401, "The code is wrong, or was used already"),
        "code-unreadable": (503, "The service lacks the key of second factors: use one of the codes that you kept"),
        "second-factor-first": (403, "Administrators must switch their second factor on first"),
        "choose-password-first": (403, "Somebody else chose your password: choose your own first"),
        "second-factor-on": (409, "There is a second factor already"),
        "no-such-second-factor": (404, "There is no second factor to confirm or to switch off"),
        "prove-again": (403, "Show once more who you are"),
        "not-allowed": (403, "Your role does not allow this"),
        "only-people": (403, "A program has neither password nor second factor"),
        "not-your-place": (403, "You do not stand for this place"),
        "cross-site": (403, "The request came from another site"),
        "not-found": (404, "There is nothing at this address"),
        "no-such-account": (404, "There is no such account"),
        "no-such-identity": (404, "No identity is tied to this account"),
        "no-provider": (409, "No provider is set up here"),
        "no-such-session": (404, "You have no such session"),
        "no-such-browser": (404, "No such browser of yours is switched on"),
        "no-push": (409, "Notifications in browsers are not set up here"),
        "nobodys-account": (409, "The account is entered as no person's whom alarms could call"),
        "too-many-browsers": (409, "As many browsers ring for the account as may"),
        "trial-refused": (409, "The test is not sent now"),
        "no-such-problem": (404, "There is no such problem"),
        "no-such-incident": (404, "There is no such incident"),
        "no-such-school": (404, "There is no such school"),
        "no-such-evidence": (404, "There is no such message"),
        "no-such-hold": (404, "There is no such hold"),
        "no-such-board": (404, "No board of that time is kept"),
        "replay-too-far": (503, "Too much happened since the last keyframe before that time"),
        "evidence-gone": (410, "The raw messages of that day have gone"),
        "no-such-closed-day": (404, "Nothing is recorded of that day"),
        "no-such-point": (404, "There is no such point"),
        "no-such-picture": (404, "The point has no such picture"),
        "bad-picture": (422, "This picture is not taken"),
        "no-such-device": (404, "There is no such device"),
        "credential-changing": (409, "A new credential was issued, and the former one is still good"),
        "no-such-credential": (404, "The device has no such credential that is good"),
        "no-such-handover": (404, "There is no such hand-over"),
        "no-such-shift-handover": (404, "There is no such hand-over between shifts"),
        "no-such-window": (404, "There is no such window"),
        "no-such-plan": (404, "There is no such plan"),
        "no-such-task": (404, "There is no such task card"),
        "task-settled": (409, "The card is done or skipped already"),
        "no-such-person": (404, "There is no such person"),
        "no-such-method": (404, "There is no such contact method"),
        "no-such-certificate": (404, "There is no such certificate"),
        "no-such-leave": (404, "There is no such leave"),
        "no-such-post": (404, "There is no such post"),
        "no-such-roster": (404, "The post has no roster"),
        "no-such-override": (404, "There is no such override"),
        "no-such-day": (404, "Nobody entered that day or year"),
        "no-such-feed": (404, "There is no calendar at this address"),
        "no-such-channel": (404, "There is no such channel"),
        "no-such-notice": (404, "There is no such notice"),
        "no-such-order": (404, "There is no such order"),
        "order-over": (409, "The order was settled already, or its time is over"),
        "second-person-needed": (403, "Another person must confirm it"),
        "not-your-order": (403, "Only who proposed it withdraws it"),
        "no-such-policy": (404, "There is no such rule of a policy"),
        "no-such-fact": (404, "There is no such fact or photo"),
        "no-such-check-point": (404, "There is no such check point in use"),
        "no-such-schedule": (404, "There is no such timetable, term or exception, or it is over"),
        "no-such-parameter": (404, "No such number of a rule is set, or it has ended"),
        "trial-under-way": (409, "Somebody tries a number just now; try again when that is done"),
        "no-such-hazard": (404, "There is no such hazard"),
        "no-such-export": (404, "You have no such export"),
        "no-such-inspection": (404, "There is no such visit of an inspector"),
        "no-such-link": (404, "Nobody checks in by that link"),
        "method-not-allowed": (405, "This address does not take that method"),
        "already-received": (409, "Somebody received it already"),
        "own-handover": (409, "Who hands over does not receive the same"),
        "already-taken": (409, "Somebody else took it already"),
        "not-taken": (409, "Nobody took it yet"),
        "already-closed": (409, "It is closed"),
        "already-corrected": (409, "It was corrected or withdrawn meanwhile"),
        "too-many-exports": (409, "You have as many exports as are kept"),
        "cannot-print": (503, "This machine cannot make PDFs"),
        "not-a-test": (409, "It is not a test"),
        "already-notified": (409, "110 was told already"),
        "outputs-unconfirmed": (409, "Outputs are not confirmed: say why you close"),
        "practice-outputs": (409, "A test or drill drives outputs only when that is said"),
        "no-such-output": (409, "There is no such output"),
        "handover-late": (409, "110 is further with it already"),
        "handover-closed": (409, "110 has closed it"),
        "report-incomplete": (422, "A rejection needs its reason, an end its disposition"),
        "move-refused": (409, "Its state does not allow this"),
        "code-refused": (409, "The code is not sent, or not accepted"),
        "changed-meanwhile": (409, "Somebody else changed it meanwhile"),
        "still-working": (409, "The first request with this Idempotency-Key is still being answered"),
        "too-large": (413, "The request is too large"),
        "invalid-request": (422, "The request is not valid"),
        "idempotency-key-reused": (422, "This Idempotency-Key was used for another request"),
        "too-many-attempts": (429, "Too many attempts to sign in"),
        "bad-request": (400, "The request cannot be read"),
        "internal": (500, "Something went wrong on our side; it is in the service's log"),
        "storage-away": (503, "The database is out of reach; try again"),
    }
)
_OF_STATUS = {401: "not-signed-in", 403: "not-allowed", 404: "not-found", 405: "method-not-allowed", 413: "too-large"}


class Problem(Exception):
    """Ends a request with the problem `slug`, which must be one of KINDS."""

    def __init__(
        self,
        slug: str,
        detail: str | None = None,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(slug if detail is None else f"{slug}: {detail}")
        status, title = KINDS[slug]
        self.document = ProblemDocument(TYPE_BASE + slug, title, status, detail, tuple(errors))
        self.headers = dict(headers or {})


def answer_problem(problem: Problem) -> Response:
    """The problem as an answer."""
    body = {key: value for key, value in msgspec.to_builtins(problem.document).items() if value or key == "status"}
    return Response(msgspec.json.encode(body), problem.document.status, headers=problem.headers, media_type=MEDIA_TYPE)


def handle_problems(app: FastAPI) -> None:
    """Makes every error of `app` a problem document."""
    app.add_exception_handler(Problem, _answer_refusal)
    app.add_exception_handler(MoveRefused, _answer_refusal)
    app.add_exception_handler(StorageUnavailable, _answer_away)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(HTTPException, _answer_framework)


def problem_of(error: MoveRefused | Problem) -> Problem:
    """A refusal of the domain as a problem."""
    return error if isinstance(error, Problem) else Problem(error.slug, str(error))


async def _answer_refusal(_request: Request, error: Exception) -> Response:
    assert isinstance(error, MoveRefused | Problem)
    return answer_problem(problem_of(error))


async def _answer_away(request: Request, error: Exception) -> Response:
    log.warning("dashboard.database.away", path=name_route(request.scope), error=str(error))
    return answer_problem(Problem("storage-away", headers={"Retry-After": RETRY_SECONDS}))


async def _answer_invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = [FieldError(".".join(str(part) for part in one["loc"]), one["msg"]) for one in error.errors()]
    return answer_problem(Problem("invalid-request", errors=errors))


async def _answer_framework(request: Request, error: Exception) -> Response:
    """What the framework itself refuses: unknown addresses, methods, unreadable bodies."""
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == 405:  # each route knows only of its own method
        headers["Allow"] = ", ".join(sorted(_list_methods(request)))
    return answer_problem(Problem(_OF_STATUS.get(error.status_code, "bad-request"), headers=headers))


def name_route(scope: Scope) -> str:
    """How the log calls an address: by its route, for some addresses are keys."""
    return str(getattr(scope.get("route"), "path", "other"))


def _list_methods(request: Request) -> set[str]:
    routes = (route for route in iter_route_contexts(request.app.routes) if route.path_regex.match(request.url.path))
    return {method for route in routes for method in route.methods or ()}
