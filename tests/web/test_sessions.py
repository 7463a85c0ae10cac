"""Logging in and staying so: passwords, one-time codes, recovery codes, sessions, keys."""

import httpx
import pyotp
import pytest

from api_server import PASSWORD, ApiServer, running, settings_for
from tocsin.app.access.keys import NewKey, add_key
from tocsin.app.access.users import first_token
from tocsin.edge.passwords import Passwords
from tocsin.edge.store import health
from tocsin.edge.store.opening import Store
from tocsin.model.actor import TOCSIN
from tocsin.respond.access.accounts import IDLE_SECONDS, SESSION_SECONDS
from tocsin.respond.access.attempts import Buckets

ON_SQLITE = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
"""What does not depend on the database is tried on one."""


def log_in(client: httpx.Client, user: str, password: str = PASSWORD, **more: str) -> httpx.Response:
    return client.post("/session", json={"user": user, "password": password, **more})


def audited(api: ApiServer, action: str) -> list[dict[str, object]]:
    found = api.client("auditor").get("/audit", params={"action": action}).json()["items"]
    return list(found)


def test_the_first_user_is_made_with_the_token_once(api: ApiServer) -> None:
    token = first_token(api.guard)
    nobody = api.anonymous()
    body = {"token": token, "user": "ada", "password": PASSWORD}

    assert nobody.post("/session/setup", json={**body, "token": "wrong"}).status_code == 401
    assert nobody.post("/session/setup", json={**body, "password": "short"}).status_code == 422
    assert nobody.post("/session/setup", json=body).status_code == 201
    assert nobody.post("/session/setup", json={**body, "user": "eve"}).status_code == 401

    assert first_token(api.guard) == ""
    assert log_in(nobody, "ada").json()["roles"] == ["admin", "commander"]
    assert nobody.get("/session").json()["id"] == "ada"


@ON_SQLITE
def test_a_wrong_name_and_a_wrong_password_are_told_in_the_same_words(api: ApiServer) -> None:
    api.user("ada", "viewer")
    nobody = api.anonymous()

    wrong = [log_in(nobody, "ada", "wrong"), log_in(nobody, "nobody-here", "wrong")]

    assert [answer.status_code for answer in wrong] == [401, 401]
    assert wrong[0].json()["detail"] == wrong[1].json()["detail"]
    assert [entry["object"] for entry in audited(api, "login_failed")] == ["user:nobody-here", "user:ada"]


def test_a_name_that_nobody_has_costs_a_hash_too() -> None:
    made = []

    class Counting:
        memory_cost, time_cost, parallelism = 8, 1, 1

        def verify(self, hashed: str, _password: str) -> bool:
            made.append(hashed)
            return False

    passwords = Passwords(hasher=Counting())  # type: ignore[arg-type] # counts what it is asked
    assert passwords.is_right("", "anything") is False
    assert len(made) == 1
    assert made[0].startswith("$argon2id$v=19$m=8,t=1,p=1$")


def test_the_hash_of_nobody_is_one_that_argon2_reads() -> None:
    assert Passwords().is_right("", "correct horse") is False


@ON_SQLITE
def test_wrong_attempts_in_a_row_make_the_account_wait_whether_it_is_there_or_not(api: ApiServer) -> None:
    api.user("ada", "viewer")
    nobody = api.anonymous()

    for name in ("ada", "stranger"):
        for _ in range(5):
            assert log_in(nobody, name, "wrong").status_code == 401
        waits = log_in(nobody, name, PASSWORD)
        assert waits.status_code == 429
        assert int(waits.headers["retry-after"]) >= 1

    api.clock.ahead += 5
    assert log_in(nobody, "ada").status_code == 200


@ON_SQLITE
def test_logins_from_one_address_are_limited(store: Store, tmp_path: object) -> None:
    def few() -> Buckets:
        return Buckets(per_second=0.01, burst=3.0)

    with running(store, settings_for(tmp_path), logins=few) as api:  # type: ignore[arg-type] # a Path
        nobody = api.anonymous()
        got = [log_in(nobody, f"name{number}", "wrong").status_code for number in range(5)]
    assert got == [401, 401, 401, 429, 429]


def test_an_authenticator_in_use_is_not_replaced_by_whoever_found_an_open_session(api: ApiServer) -> None:
    ada = api.client("viewer", name="ada")
    _, (recovery, *_) = set_up_totp(ada, api)
    assert ada.post("/session/totp").status_code == 409
    assert ada.delete("/session/totp", params={"code": recovery}).status_code == 204
    assert ada.post("/session/totp").status_code == 200


def test_a_session_ends_when_logged_out_idle_too_old_or_disabled(api: ApiServer) -> None:
    ada = api.client("viewer", name="ada")
    assert ada.get("/version").status_code == 200
    assert ada.delete("/session").status_code == 204
    assert ada.get("/version").status_code == 401

    idle = api.client("viewer", name="ada")
    api.clock.ahead += IDLE_SECONDS + 1
    assert idle.get("/version").status_code == 401

    busy = api.client("viewer", name="ada")
    for _ in range(int(SESSION_SECONDS / 3600)):
        assert busy.get("/version").status_code == 200
        api.clock.ahead += 3600
    assert busy.get("/version").status_code == 401

    disabled = api.client("viewer", name="ada")
    admin = api.client("admin")
    assert admin.patch("/users/ada", json={"is_disabled": True}).status_code == 200
    assert disabled.get("/version").status_code == 401
    assert log_in(api.anonymous(), "ada").status_code == 401


def test_sessions_are_listed_and_revoked(api: ApiServer) -> None:
    first, second = api.client("viewer", name="ada"), api.client("viewer", name="ada")
    listed = first.get("/session/list").json()
    assert [each["is_this"] for each in listed].count(True) == 1
    other = next(each["id"] for each in listed if not each["is_this"])

    assert first.delete(f"/session/list/{other}").status_code == 204
    assert second.get("/version").status_code == 401
    assert first.get("/version").status_code == 200
    assert api.client("viewer", name="eve").delete(f"/session/list/{listed[0]['id']}").status_code == 404


@ON_SQLITE
def test_the_cookie_is_kept_from_scripts_and_other_sites(api: ApiServer) -> None:
    api.user("ada", "viewer")
    cookie = log_in(api.anonymous(), "ada").headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "secure" not in cookie


@ON_SQLITE
def test_the_cookie_needs_tls_where_the_public_url_has_it(store: Store, tmp_path: object) -> None:
    settings = settings_for(tmp_path, 'public_url = "https://tocsin.example"')  # type: ignore[arg-type] # a Path
    with running(store, settings) as api:
        api.user("ada", "viewer")
        answer = log_in(api.anonymous(), "ada")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-tocsin=")
    assert "Secure" in cookie
    assert "max-age" in answer.headers["strict-transport-security"]


def set_up_totp(client: httpx.Client, api: ApiServer) -> tuple[pyotp.TOTP, list[str]]:
    codes = pyotp.TOTP(client.post("/session/totp").json()["secret"])
    answer = client.put("/session/totp", json={"code": codes.at(int(api.clock()))})
    assert answer.status_code == 200, answer.text
    return codes, answer.json()["recovery_codes"]


@ON_SQLITE
def test_a_one_time_code_is_asked_for_and_is_good_once(api: ApiServer) -> None:
    ada = api.client("viewer", name="ada")
    codes, _ = set_up_totp(ada, api)
    api.clock.ahead += 60
    code = codes.at(int(api.clock()))

    half = api.anonymous()
    assert log_in(half, "ada").json()["due"] == ["totp", "recovery"]
    assert half.get("/version").status_code == 401
    assert half.post("/session/code", json={"code": "000000"}).status_code == 401
    before = half.cookies["tocsin"]
    assert half.post("/session/code", json={"code": code}).json()["due"] == []
    assert half.cookies["tocsin"] != before
    assert half.get("/version").status_code == 200

    again = api.anonymous()
    log_in(again, "ada")
    assert again.post("/session/code", json={"code": code}).status_code == 401


@ON_SQLITE
def test_a_code_of_the_step_before_is_taken_and_an_older_one_is_not(api: ApiServer) -> None:
    codes, _ = set_up_totp(api.client("viewer", name="ada"), api)
    api.clock.ahead += 300
    half = api.anonymous()
    log_in(half, "ada")
    assert half.post("/session/code", json={"code": codes.at(int(api.clock()) - 60)}).status_code == 401
    assert half.post("/session/code", json={"code": codes.at(int(api.clock()) - 30)}).status_code == 200


def test_a_recovery_code_is_good_once_however_it_is_typed(api: ApiServer) -> None:
    _, recovery = set_up_totp(api.client("viewer", name="ada"), api)
    assert len(set(recovery)) == 10
    half = api.anonymous()
    log_in(half, "ada")
    assert half.post("/session/code", json={"code": recovery[0].upper().replace("-", " ")}).status_code == 200
    assert half.get("/session").json()["recovery_codes_left"] == 9
    again = api.anonymous()
    log_in(again, "ada")
    assert again.post("/session/code", json={"code": recovery[0]}).status_code == 401


@ON_SQLITE
def test_half_a_login_ends_after_ten_minutes(api: ApiServer) -> None:
    codes, _ = set_up_totp(api.client("viewer", name="ada"), api)
    half = api.anonymous()
    log_in(half, "ada")
    api.clock.ahead += 601
    assert half.post("/session/code", json={"code": codes.at(int(api.clock()))}).status_code == 401


@ON_SQLITE
def test_without_the_second_factor_that_is_required_nothing_is_allowed_but_setting_it_up(
    store: Store, tmp_path: object
) -> None:
    settings = settings_for(tmp_path, "require_second_factor = true")  # type: ignore[arg-type] # a Path
    with running(store, settings) as api:
        ada = api.client("commander", name="ada")
        assert ada.get("/health").status_code == 403
        set_up_totp(ada, api)
        assert ada.get("/health").status_code == 200


@ON_SQLITE
def test_the_secret_of_codes_is_not_in_the_store_in_clear(api: ApiServer) -> None:
    ada = api.client("viewer", name="ada")
    secret = ada.post("/session/totp").json()["secret"]
    ada.put("/session/totp", json={"code": pyotp.TOTP(secret).at(int(api.clock()))})
    user = api.user("ada")
    assert user.totp_sealed
    assert secret not in user.totp_sealed
    assert api.guard.seal.open(user.totp_sealed, "totp:ada") == secret


@ON_SQLITE
def test_a_changed_password_ends_the_other_sessions(api: ApiServer) -> None:
    ada, other = api.client("viewer", name="ada"), api.client("viewer", name="ada")
    new = "another staple battery"
    assert ada.put("/session/password", json={"old_password": "no", "new_password": new}).status_code == 422
    assert ada.put("/session/password", json={"old_password": PASSWORD, "new_password": "ada"}).status_code == 422
    assert ada.put("/session/password", json={"old_password": PASSWORD, "new_password": new}).status_code == 204
    assert (ada.get("/version").status_code, other.get("/version").status_code) == (200, 401)
    assert log_in(api.anonymous(), "ada", new).status_code == 200


def test_an_invitation_lets_its_user_choose_a_password_once(api: ApiServer) -> None:
    admin, nobody = api.client("admin"), api.anonymous()
    added = admin.post("/users", json={"id": "bob", "roles": ["responder"]}).json()
    token = added["invitation"]
    assert admin.post("/users", json={"id": "bob", "roles": []}).status_code == 409
    assert log_in(nobody, "bob", "").status_code == 401

    assert nobody.post("/session/invitation", json={"token": token, "password": "short"}).status_code == 422
    assert nobody.post("/session/invitation", json={"token": token, "password": PASSWORD}).status_code == 204
    assert nobody.post("/session/invitation", json={"token": token, "password": PASSWORD}).status_code == 401
    assert log_in(nobody, "bob").status_code == 200


@ON_SQLITE
def test_a_reset_takes_everything_and_invites_anew(api: ApiServer) -> None:
    ada, admin = api.client("viewer", name="ada"), api.client("admin")
    set_up_totp(ada, api)
    token = admin.post("/users/ada/reset").json()["invitation"]
    assert ada.get("/version").status_code == 401
    nobody = api.anonymous()
    assert log_in(nobody, "ada").status_code == 401
    assert nobody.post("/session/invitation", json={"token": token, "password": PASSWORD}).status_code == 204
    assert log_in(nobody, "ada").json()["due"] == []


@ON_SQLITE
def test_somebody_always_administers(api: ApiServer) -> None:
    admin = api.client("admin")
    assert admin.patch("/users/admin", json={"roles": ["viewer"]}).status_code == 409
    api.user("second", "admin")
    assert admin.patch("/users/admin", json={"roles": ["viewer"]}).status_code == 200


def test_who_changes_an_older_version_of_a_user_is_told(api: ApiServer) -> None:
    api.user("ada", "viewer")
    admin = api.client("admin")
    seen = admin.get("/users/ada").headers["etag"]
    changed = admin.patch("/users/ada", json={"name": "Ada L."}, headers={"If-Match": seen})
    assert changed.status_code == 200
    assert changed.headers["etag"] != seen
    assert admin.patch("/users/ada", json={"name": "Eve"}, headers={"If-Match": seen}).status_code == 412
    assert admin.get("/users/ada").json()["name"] == "Ada L."


def test_the_use_of_an_account_for_emergencies_needs_a_reason_and_raises_an_alarm(api: ApiServer) -> None:
    api.user("fire-axe", "admin", is_break_glass=True)
    nobody = api.anonymous()
    assert log_in(nobody, "fire-axe").status_code == 422
    assert log_in(nobody, "fire-axe", reason="the provider is down").status_code == 200

    (alarm,) = health.open_alerts(api.desk.store.engine)
    assert (alarm.kind, "the provider is down" in alarm.detail) == ("break-glass", True)
    assert audited(api, "break_glass_used")[0]["data"]["reason"] == "the provider is down"  # type: ignore[index]

    admin = api.client("admin")
    assert admin.post("/users/fire-axe/reviewed", json={"note": "it was me"}).status_code == 204
    assert health.open_alerts(api.desk.store.engine) == ()


def test_a_key_does_what_its_scopes_say_from_where_it_may_until_it_ends(api: ApiServer) -> None:
    good = api.program("health:read", name="grafana")
    assert good.get("/health").status_code == 200
    assert good.get("/users").status_code == 403
    assert good.get("/session").status_code == 403
    elsewhere = api.program("health:read", name="far", networks=("192.0.2.0/24",))
    assert elsewhere.get("/health").status_code == 401
    near = api.program("health:read", name="near", networks=("127.0.0.0/8",), seconds=60.0)
    assert near.get("/health").status_code == 200
    api.clock.ahead += 61
    assert near.get("/health").status_code == 401

    admin = api.client("admin")
    listed = {key["name"]: key for key in admin.get("/keys").json()["items"]}
    assert listed["grafana"]["last_address"] == "127.0.0.1"
    assert admin.delete(f"/keys/{listed['grafana']['prefix']}").status_code == 204
    assert good.get("/health").status_code == 401


@ON_SQLITE
def test_a_key_is_shown_once_and_gives_no_more_than_its_maker_has(api: ApiServer) -> None:
    admin = api.client("admin")
    made = admin.post("/keys", json={"name": "ci", "scopes": ["alert:read"]})
    secret = made.json()["secret"]
    assert secret.startswith(made.json()["key"]["prefix"])
    assert secret not in admin.get("/keys").text
    assert admin.post("/keys", json={"name": "ci", "scopes": ["incident:write"]}).status_code == 403
    assert "did you mean 'alert:read'" in admin.post("/keys", json={"name": "ci", "scopes": ["alert:reed"]}).text
    assert admin.post("/keys", json={"name": "tocsin", "scopes": ["alert:read"]}).status_code == 422
    assert admin.post("/keys", json={"name": "x", "scopes": ["alert:read"], "networks": ["here"]}).status_code == 422


@ON_SQLITE
def test_the_machine_makes_keys_with_any_scope(api: ApiServer) -> None:
    key, _ = add_key(api.guard, TOCSIN, NewKey(name="pager", scopes=("incident:write",)))
    assert key.scopes == ("incident:write", "self")
