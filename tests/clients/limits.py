"""Drives the real client of a provider into a rate limit.

    python limits.py PRESET URL

Calls until the client gives up, and prints one line of JSON: the exception that its users catch, what
they read from it, and, where the client tries again by itself, whether that helped.

ringer's clock stands still meanwhile, so that it does not matter how fast this is; it moves on when a
client that tries again was refused.
"""

import asyncio
import contextlib
import json
import os
import sys
import threading
import time
import urllib.request


def calls(call, most=10):
    """Calls until it fails; how often it did not, and the exception."""
    for passed in range(most):
        try:
            call()
        except Exception as error:  # Whatever the client raises is what is asked for.
            return passed, error
    raise SystemExit(f"not limited within {most} calls")


def admin(url, path, **body):
    """What ringer's admin API says."""
    data = json.dumps(body).encode() if body else None
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(urllib.request.Request(f"{url}/__admin/ringer/{path}", data)) as answer:
        return json.load(answer)


@contextlib.contextmanager
def an_hour_passes_once_refused(url):
    """What is told to wait in here is let through when it comes again."""
    over = threading.Event()

    def refused():
        return sum(client["limited"] for client in admin(url, "rate-limits/report")["keys"])

    def move(before):
        while not over.wait(0.02):
            if (now := refused()) > before:
                admin(url, "clock/advance", by="1h")
                before = now

    mover = threading.Thread(target=move, args=[refused()])
    mover.start()
    try:
        yield
    finally:
        over.set()
        mover.join()


def told(passed, error, **more):
    kind = type(error)
    return {"passed": passed, "exception": f"{kind.__module__}.{kind.__qualname__}", **more}


def github(url):
    import github

    def client(**options):
        return github.Github(
            auth=github.Auth.Token("ringer"), base_url=url, seconds_between_requests=0, **options
        )

    limited = client(retry=None)
    passed, error = calls(lambda: limited.get_user().login)
    # Its own way to try again reads `x-ratelimit-reset`, and says how long it would wait.
    patient = client(retry=github.GithubRetry(total=1, max_rate_limit_wait=0.5))
    _, refused = calls(lambda: patient.get_user().login)
    limits = limited.get_rate_limit().resources
    return told(
        passed,
        error,
        status=error.status,
        retried=type(refused).__name__,
        wait=refused.wait,
        remaining=limited.rate_limiting[0],
        core=[limits.core.limit, limits.core.used, limits.core.remaining],
        search=[limits.search.limit, limits.search.used, limits.search.remaining],
    )


def github_secondary(url):
    import github

    client = github.Github(auth=github.Auth.Token("ringer"), base_url=url, retry=None, seconds_between_requests=0)
    passed, error = calls(lambda: client.get_user().login)
    return told(passed, error, status=error.status, retry_after=error.headers.get("retry-after"))


def stripe(url):
    import stripe

    client = stripe.StripeClient(
        "sk_test_ringer", base_addresses={"api": url}, max_network_retries=2
    )
    passed, error = calls(lambda: client.v1.charges.retrieve("ch_1"))
    return told(
        passed,
        error,
        status=error.http_status,
        code=error.error.code,
        reason=error.headers["Stripe-Rate-Limited-Reason"],
    )


def shopify_rest(url):
    import shopify

    session = shopify.Session("ringer.myshopify.com", "2026-01", "shpat_ringer")
    session.url = url.removeprefix("http://")
    session.protocol = "http"
    shopify.Session.setup(api_key="ringer", secret="ringer")
    shopify.ShopifyResource.activate_session(session)
    shopify.ShopifyResource.set_site(f"{url}/admin/api/2026-01")
    passed, error = calls(shopify.Shop.current)
    return told(
        passed,
        error,
        status=error.response.code,
        retry_after=error.response.headers["Retry-After"],
        credit=[shopify.Limits.credit_used(), shopify.Limits.credit_limit()],
    )


def slack(url):
    from slack_sdk import WebClient
    from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

    client = WebClient("xoxb-ringer", base_url=f"{url}/api/")
    passed, error = calls(lambda: client.conversations_info(channel="C1"))
    client.retry_handlers.append(RateLimitErrorRetryHandler(max_retry_count=9))
    with an_hour_passes_once_refused(url):
        again = client.conversations_info(channel="C1")
    return told(
        passed,
        error,
        code=error.response["error"],
        retry_after=error.response.headers["Retry-After"],
        retried=again["ok"],
    )


def openai(url):
    import openai

    def client(retries):
        return openai.OpenAI(api_key="sk-ringer", base_url=f"{url}/v1", max_retries=retries)

    def ask(client):
        messages = [{"role": "user", "content": "hi"}]
        return client.chat.completions.create(model="gpt-4o", messages=messages, max_tokens=1)

    limited = client(0)
    passed, error = calls(lambda: ask(limited))
    with an_hour_passes_once_refused(url):
        again = ask(client(9))
    return told(
        passed,
        error,
        status=error.status_code,
        code=error.code,
        type=error.type,
        remaining=error.response.headers["x-ratelimit-remaining-requests"],
        retried=again.object,
    )


def anthropic(url):
    import anthropic

    def client(retries):
        return anthropic.Anthropic(api_key="sk-ant-ringer", base_url=url, max_retries=retries)

    def ask(client):
        messages = [{"role": "user", "content": "hi"}]
        return client.messages.create(model="claude-ringer", messages=messages, max_tokens=1)

    limited = client(0)
    passed, error = calls(lambda: ask(limited))
    with an_hour_passes_once_refused(url):
        again = ask(client(9))
    return told(
        passed,
        error,
        status=error.status_code,
        type=error.body["error"]["type"],
        remaining=error.response.headers["anthropic-ratelimit-requests-remaining"],
        retried=again.type,
    )


def aws(service, url, attempts):
    import boto3
    from botocore.config import Config

    return boto3.client(
        service,
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="AKIARINGER",
        aws_secret_access_key="ringer",
        config=Config(
            retries={"mode": "standard", "max_attempts": attempts}, s3={"addressing_style": "path"}
        ),
    )


def boto(url, call, retried_call):
    passed, error = calls(call)
    with an_hour_passes_once_refused(url):
        again = retried_call()
    return told(
        passed,
        error,
        status=error.response["ResponseMetadata"]["HTTPStatusCode"],
        code=error.response["Error"]["Code"],
        throttled=error.response["ResponseMetadata"]["RetryAttempts"],
        retried=again["ResponseMetadata"]["RetryAttempts"] > 0,
    )


def aws_json(url):
    return boto(
        url, lambda: aws("kms", url, 1).list_keys(), lambda: aws("kms", url, 8).list_keys()
    )


def aws_s3(url):
    return boto(
        url,
        lambda: aws("s3", url, 1).get_object(Bucket="b", Key="k"),
        lambda: aws("s3", url, 8).get_object(Bucket="b", Key="k"),
    )


def google(url):
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import storage
    from google.cloud.storage.retry import DEFAULT_RETRY

    client = storage.Client(
        project="ringer", credentials=AnonymousCredentials(), client_options={"api_endpoint": url}
    )
    passed, error = calls(lambda: list(client.list_buckets(retry=None)))
    retry = DEFAULT_RETRY.with_delay(initial=0.2, maximum=0.4, multiplier=1).with_timeout(100)
    with an_hour_passes_once_refused(url):
        buckets = list(client.list_buckets(retry=retry))
    return told(passed, error, status=error.code, reason=error.reason, retried=buckets == [])


def atlassian(url):
    import jira

    def client(retries):
        return jira.JIRA(url, token_auth="ringer", max_retries=retries, get_server_info=False)

    limited = client(0)
    passed, error = calls(lambda: limited.issue("A-1"))
    with an_hour_passes_once_refused(url):
        again = client(9).issue("A-1")
    return told(
        passed,
        error,
        status=error.status_code,
        reason=error.response.headers["RateLimit-Reason"],
        retried=again.key,
    )


def okta(url):
    # The only way in which it takes a URL without TLS.
    os.environ["OKTA_TESTING_TESTINGDISABLEHTTPSCHECK"] = "true"
    from okta.client import Client

    def client(retries):
        return Client(
            {
                "orgUrl": url,
                "token": "ringer",
                "rateLimit": {"maxRetries": retries},
                "cache": {"enabled": False},
            }
        )

    async def run():
        limited = client(0)
        for passed in range(10):
            users, response, error = await limited.list_users()
            if error:
                break
        # It waits until `X-Rate-Limit-Reset` by the answer's `Date`.
        began = time.monotonic()
        with an_hour_passes_once_refused(url):
            users, _, again = await client(9).list_users()
        return passed, error, response, again, time.monotonic() - began

    passed, error, response, again, waited = asyncio.run(run())
    return told(
        passed,
        error,
        text=str(error),
        retried=again is None,
        waited=waited,
    )


def auth0(url):
    import httpx
    from auth0.management import Auth0
    from auth0.management.errors import TooManyRequestsError  # noqa: F401

    client = Auth0(base_url=f"{url}/api/v2", token="ringer", httpx_client=httpx.Client())
    plain = {"max_retries": 0}
    passed, error = calls(lambda: list(client.clients.list(request_options=plain)))
    with an_hour_passes_once_refused(url):
        again = list(client.clients.list(request_options={"max_retries": 9}))
    return told(
        passed,
        error,
        status=error.status_code,
        remaining=error.headers["x-ratelimit-remaining"],
        retried=again == [],
    )


def discord(url):
    from discord import http

    http.Route.BASE = f"{url}/api/v10"

    async def run():
        # What the one uses up the other does not know of, and gets the 429.
        clients = [
            http.HTTPClient(asyncio.get_running_loop(), max_ratelimit_timeout=30) for _ in range(2)
        ]
        passed = 0
        try:
            for client in clients:
                await client.static_login("ringer")
            for _ in range(10):
                await clients[1].get_user(1)
                await clients[0].get_user(1)
                passed += 2
        except Exception as error:
            return passed, error
        finally:
            for client in clients:
                await client.close()

    passed, error = asyncio.run(run())
    return told(passed, error, retry_after=error.retry_after)


def x(url):
    import requests
    import tweepy

    class Here(requests.adapters.HTTPAdapter):
        """What goes to the provider goes to this server."""

        def send(self, request, **options):
            request.url = request.url.replace("https://api.twitter.com", url)
            return super().send(request, **options)

    def client(**options):
        client = tweepy.Client("ringer", **options)
        client.session.mount("https://api.twitter.com", Here())
        return client

    limited = client()
    passed, error = calls(lambda: limited.get_user(username="u"))
    with an_hour_passes_once_refused(url):
        again = client(wait_on_rate_limit=True).get_user(username="u")
    return told(
        passed,
        error,
        status=error.response.status_code,
        reset=error.reset_time,
        text=str(error),
        retried=again.data.username,
    )


def generic(url):
    import requests
    from urllib3.util import Retry

    def get(session):
        answer = session.get(url)
        answer.raise_for_status()
        return answer

    limited = requests.Session()
    passed, error = calls(lambda: get(limited))
    patient = requests.Session()
    retry = Retry(total=9, status_forcelist=[429], respect_retry_after_header=True)
    patient.mount("http://", requests.adapters.HTTPAdapter(max_retries=retry))
    with an_hour_passes_once_refused(url):
        again = get(patient)
    return told(
        passed,
        error,
        status=error.response.status_code,
        remaining=error.response.headers["X-RateLimit-Remaining"],
        retried=again.status_code,
    )


def ietf_draft(url):
    import http_sf
    import requests

    def get():
        answer = requests.get(url)
        answer.raise_for_status()

    passed, error = calls(get)
    headers = error.response.headers
    policies = http_sf.parse(headers["RateLimit-Policy"].encode(), tltype="list")
    [[limit, of]] = http_sf.parse(headers["RateLimit"].encode(), tltype="list")
    return told(
        passed,
        error,
        status=error.response.status_code,
        policies={name: parameters for name, parameters in policies},
        limit=limit,
        remaining=of["r"],
        reset=of["t"],
        retry_after=headers["Retry-After"],
        violated=error.response.json()["violated-policies"],
    )


if __name__ == "__main__":
    _, preset, url = sys.argv
    print(json.dumps(globals()[preset.replace("-", "_")](url.rstrip("/"))))
