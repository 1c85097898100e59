"""The stand-in's shares: what the routes below `/api/shares` answer. Links lead nowhere; recipients' pages are the real server's."""
import datetime
import itertools
import secrets
import urllib.parse

DEFAULT_EXPIRY, MAX_EXPIRY = 86_400, 30 * 86_400
STATES = ("active", "expired", "revoked", "used_up", "locked", "creator_gone")


def moment(seconds: float = 0) -> str:
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def parsed(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text)


def qr_of(text: str) -> dict:
    """Looks like a QR code of version 4."""
    bits = "".join(f"{byte:08b}" for byte in text.encode())
    cells = itertools.cycle(bits)
    rows = [[next(cells) for _ in range(33)] for _ in range(33)]
    for top, left in ((0, 0), (0, 26), (26, 0)):
        for y, x in itertools.product(range(7), range(7)):
            rows[top + y][left + x] = "1" if {x, y} & {0, 6} or {x, y} <= {2, 3, 4} else "0"
    return {"size": 33, "rows": ["".join(row) for row in rows]}


class Shares:
    """All shares, the newest first; tests change them as they like."""

    def __init__(self, world):
        self.world = world
        self.all: list[dict] = []
        self.links: dict[str, str] = {}
        self.passwords: dict[str, str | None] = {}
        self.log: dict[str, list[dict]] = {}
        self.is_password_required = False

    @property
    def settings(self):
        return {"default_expiry_seconds": DEFAULT_EXPIRY, "max_expiry_seconds": MAX_EXPIRY, "is_password_required": self.is_password_required,
                "shows_patient": False, "resume_seconds": 86_400}

    def add(self, creator: str, items: list[dict], **terms) -> dict:
        series = [one for item in items for one in self.series_of(item)]
        studies = {one["StudyInstanceUID"] for one in series}
        images = sum(one["NumberOfSeriesRelatedInstances"] for one in series)
        share = {
            "id": secrets.token_hex(6), "kind": items[0]["type"] if len(items) == 1 else "set", "items": items,
            "summary": {"studies": len(studies), "series": len(series), "instances": images, "bytes": images * 524_288,
                        "modalities": sorted({one["Modality"] for one in series})},
            "created_by": creator, "created_at": moment(), "expires_at": moment(DEFAULT_EXPIRY), "state": "active", "has_password": False,
            "max_downloads": None, "downloads": 0, "active_downloads": 0, "bytes_sent": 0, "access_count": 0, "last_accessed": None, "revoked_at": None,
            "revoked_by": None, "note": "", "language": None, "policy": "strict", "shows_patient": False, "failed_passwords": 0,
            "is_conflict_confirmed": False, **terms,
        }
        self.all.insert(0, share)
        self.log[share["id"]] = []
        return share

    def series_of(self, item):
        return self.world.catalogue.series[item["uid"]] if item["type"] == "study" else [self.world.series[item["uid"]]]

    def visible(self, person: str):
        return [share for share in self.all if self.world.people[person] == "admin" or share["created_by"] == person]

    def statistics(self, person: str):
        mine = self.visible(person)
        return {
            "shares": {state: sum(share["state"] == state for share in mine) for state in STATES},
            "downloads": sum(share["downloads"] for share in mine), "bytes": sum(share["downloads"] * share["summary"]["bytes"] for share in mine),
            "failed_passwords": sum(share["failed_passwords"] for share in mine), "access_count": sum(share["access_count"] for share in mine),
        }


class ShareRoutes:
    """The part of the stand-in's handler that answers below `/api/shares`."""

    def read_shares(self, rest: list[str], query: dict):
        shares, person = self.world.shares, self.session()["name"]
        match rest:
            case []:
                return self.share_page(query, person)
            case ["settings"]:
                return self.answer(200, shares.settings)
            case ["statistics"]:
                return self.answer(200, shares.statistics(person))
            case [name, *more]:
                share = self.own_share(name)
                if share and more == ["log"]:
                    return self.answer(200, {"entries": shares.log[name], "cursor": None})
                return share and self.answer(200, share)

    def share_page(self, query, person):
        wanted = {key: query[key][0] for key in ("state", "creator") if key in query}
        creator = wanted.get("creator")
        found = [share for share in self.world.shares.visible(person)
                 if wanted.get("state", share["state"]) == share["state"] and creator in (None, share["created_by"], "me")
                 and (creator != "me" or share["created_by"] == person)]
        first, limit = int(query.get("after", ["0"])[0]), int(query.get("limit", ["50"])[0])
        rest = first + limit < len(found)
        return self.answer(200, {"shares": found[first:first + limit], "cursor": str(first + limit) if rest else None})

    def own_share(self, name: str):
        """The share of that name; answers itself when the person may not know of it."""
        for share in self.world.shares.visible(self.session()["name"]):
            if share["id"] == name:
                return share
        self.problem(404, "NOT_FOUND", "There is no such share.")
        return None

    def create_share(self, body: dict, person: str):
        shares, world = self.world.shares, self.world
        for item in body["items"]:
            if item["uid"] not in (world.studies if item["type"] == "study" else world.series):
                return self.problem(404, "UNKNOWN_OBJECT", "It is not in the catalogue.")
        studies = {one["StudyInstanceUID"] for item in body["items"] for one in shares.series_of(item)}
        if any(world.studies[uid]["has_conflict"] for uid in studies) and not body.get("confirm_conflict"):
            return self.problem(409, "PATIENT_CONFLICT", "The files of a study name the patients Kowalski^Łukasz and Meier^Hans.")
        terms = self.terms(body)
        if terms is None:
            return None
        share = shares.add(person, body["items"], is_conflict_confirmed=bool(body.get("confirm_conflict")), **terms)
        link = f"http://{self.headers['Host']}/s/{secrets.token_urlsafe(32)}"
        shares.links[share["id"]], shares.passwords[share["id"]] = link, body.get("password")
        return self.answer(201, {"share": share, "link": link, "qr": qr_of(link)})

    def terms(self, body: dict):
        """What a body says of a share; answers itself when it is wrong."""
        terms = {key: body[key] for key in ("max_downloads", "note", "language", "policy", "shows_patient") if key in body}
        if not isinstance(terms.get("max_downloads", 1), int | None) or terms.get("max_downloads", 1) == 0:
            return self.wrong_terms("max_downloads", "must be a whole number of at least 1")
        if "expires_in_seconds" in body:
            terms["expires_at"] = moment(body["expires_in_seconds"])
        if "expires_at" in body:
            terms["expires_at"] = body["expires_at"]
        if "expires_at" in terms and parsed(terms["expires_at"]) > parsed(moment(MAX_EXPIRY + 60)):
            return self.wrong_terms("expires_at", "must be within 30 days")
        if "password" in body:
            if body["password"] is not None and body["password"] in ("password", "12345678"):
                return self.wrong_terms("password", "is too easy to guess", "SHARE_PASSWORD_WEAK")
            terms["has_password"] = body["password"] is not None
        return terms

    def wrong_terms(self, key: str, message: str, code: str = "INVALID_BODY"):
        self.problem(422, code, f"{key} {message}.", [{"path": f"$.{key}", "message": message}])

    def change_share(self, name: str, body: dict):
        share, terms = self.own_share(name), self.terms(body)
        if not share or terms is None:
            return None
        share |= terms
        if body.get("locked") is False:
            share |= {"failed_passwords": 0, "state": "active"}
        if share["state"] == "expired" and parsed(share["expires_at"]) > parsed(moment()):
            share["state"] = "active"
        return self.answer(200, share)

    def revoke_share(self, name: str, person: str):
        share = self.own_share(name)
        if share:
            share |= {"state": "revoked", "revoked_at": moment(), "revoked_by": person, "active_downloads": 0}
            return self.answer(204)
        return None


def share_path(path: str) -> list[str] | None:
    """The parts behind `/api/shares`; None for another path."""
    parts = urllib.parse.urlsplit(path).path.strip("/").split("/")
    return parts[2:] if parts[:2] == ["api", "shares"] else None
