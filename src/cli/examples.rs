//! The examples that close each command's help.

/// Under `ringer --help`.
pub const TOP: &str = "\
Examples:
  ringer demo                                  see the whole job, with nothing to set up
  ringer record https://api.example.com        stand before an API and write its answers down
  ringer replay                                stand in for it
  ringer replay --chaos flaky --seed 7         on a bad day, which a seed repeats
  ringer record -- pytest tests/checkout       record whatever a program asks for
  ringer replay --strict -- pytest tests/checkout

Every flag has a key in ringer.toml (`rate_limit`) and a variable (`RINGER_RATE_LIMIT`).
A flag beats a variable beats the file.

Exit codes: 0 fine, 1 a check failed, 2 could not run; with `-- CMD`, the code of CMD.";

/// Under `ringer demo --help`.
pub const DEMO: &str = "\
Examples:
  ringer demo        takes a few seconds, uses loopback and a temporary folder, leaves nothing";

/// Under `ringer record --help`.
pub const RECORD: &str = "\
Examples:
  ringer record https://api.example.com
      the client calls http://127.0.0.1:8080 (or https, with certs/ca.pem trusted) instead
  ringer record https://api.example.com -- pytest tests/checkout
      the client keeps calling https://api.example.com: ringer is set as its proxy
  ringer record -- npm test
      any host that the program asks for
  ringer record https://10.0.0.5:8443 --upstream-ca company-ca.pem --listen 0";

/// Under `ringer replay --help`.
pub const REPLAY: &str = "\
Examples:
  ringer replay                                the API as it was recorded, at its own pace
  ringer replay --latency none                 as fast as can be
  ringer replay --strict -- pytest tests/checkout
                                               exit 1 when a request had no stub, or a stub no request

A bad day:
  ringer replay --chaos flaky --seed 7         some of everything, and with this seed the same again
  ringer replay --fault 'status=503; p=5%; url=/v1/**'
  ringer replay --fault 'connection-reset; nth=3' --delay '100ms..300ms; method=POST'
  ringer replay --rate-limit preset=github,limit=20/min --max-early-retries 0 -- npm test
                                               exit 1 when the client does not wait as GitHub tells it
  ringer replay --fault-log faults.jsonl       and --replay-faults faults.jsonl to have it all again

Profiles of --chaos:
  flaky         some requests fail, break off, stall or are late
  slow          answers take 800 ms at the median, 5 s at the 99th percentile
  brown-out     a fifth is shed with 503, the rest is slow
  outage        everything fails
  recovering    well, then slow, down for 10 s, and slowly well again
  rate-limited  5 requests a second for each credential
  mobile-3g, mobile-edge, satellite            networks

Faults: status, grpc_status, connection-reset, empty-response, malformed-chunk, random-data,
  reset-within, reset-after, close-within, half-close, slow-close, stall, content-type, truncated,
  corrupted, invalid-json, header-missing, header-duplicated, content-length, reset-stream, goaway;
  of the connection: refuse, never-answer, connect-reset, withheld-window, tls-expired,
  tls-wrong-name, tls-self-signed, tls-unknown-issuer, tls-stall, tls-alert, tls-old-version.

What runs already is changed with `ringer ctl`.";

/// Under `ringer verify --help`.
pub const VERIFY: &str = "\
Examples:
  ringer verify expectations.yaml              exit 1 when the client did otherwise, and say how
  ringer verify expectations.yaml --session checkout-7 --junit reports/ringer.xml
  ringer verify                                what the session was told to expect over the admin API
  ringer replay --strict -- pytest             judges the run by expectations.yaml in the stub folder

A file:
  expectations:
    - name: the charge is tried at most three times, and waits longer each time
      request: POST /v1/charges
      retries:
        tries: {atMost: 3}
        gaps: {factor: 2, jitter: 25%, retryAfter: true}
        sameIdempotencyKey: true
    - order: [POST /login, GET /items, POST /logout]
    - unusedStubs: none";

/// Under `ringer serve --help`.
pub const SERVE: &str = "\
Examples:
  ringer serve                                 the services of ./ringer.toml
  ringer serve -c staging.toml --listen 0.0.0.0:8080
  ringer serve --chaos brown-out --seed 7      on a bad day: see `ringer replay --help`

A file with two services:
  [service.payments]
  upstream = \"https://api.example.com\"
  mode = \"record-missing\"

  [service.mail]
  hosts = [\"mail.example.com\"]
  mode = \"replay\"
  fault = [{ status = 503, probability = 0.05 }]";

/// Under `ringer ctl --help`.
pub const CTL: &str = "\
Examples:
  ringer ctl fault add --url /v1/charges --status 503 --for 30s
  ringer ctl fault add --url '/v1/**' --fault connection-reset -p 5%
  ringer ctl fault add --spec 'status=503; every=3'
  ringer ctl delay add --wait 100ms..300ms     ringer ctl bandwidth add --rate 64kB/s
  ringer ctl latency 'recorded*2'              ringer ctl chaos flaky
  ringer ctl limit add 'preset=github,limit=20/min'
  ringer ctl limit report                      how clients behaved under it
  ringer ctl clock advance 1h                  the hour of a limit, in a moment
  ringer ctl show                              all that is in effect
  ringer ctl reset                             as at the start";

/// Under `ringer tail --help`.
pub const TAIL: &str = "\
Examples:
  ringer tail                                  the last ten requests, then each as it is answered
  ringer tail --outcome missed --bodies        what no stub matched, with all that was sent
  ringer tail --status 5xx,429 --url '/v1/**'  ringer tail --session checkout-7 --method POST
  ringer tail --json -n 1000 --no-follow | jq -r .request.url

Ctrl-C ends it, with exit code 0.";

/// Under `ringer wiremock --help`.
pub const WIREMOCK: &str = "\
Examples:
  ringer wiremock --root-dir ./wiremock        instead of java -jar wiremock.jar --root-dir …
  ringer wiremock --port 0 --bind-address 127.0.0.1

Everything is as WireMock 3 does it, but that changed files are picked up at once, and
that the request journal has a bound (10,000 requests or 64 MiB).";

/// Under `ringer check --help`.
pub const CHECK: &str = "\
Examples:
  ringer check                                 ./stubs, and ./ringer.toml if there is one
  ringer check tests/stubs
  ringer check --strict                        warnings count too
  ringer check --format sarif > check.sarif    for code scanning
  ringer check --schema > stub.schema.json     for editors

Exit code 1 when there is a mistake.";

/// Under `ringer explain --help`.
pub const EXPLAIN: &str = "\
Examples:
  ringer explain 'GET /users/7?full=1'
  ringer explain --stubs tests/stubs -X POST http://localhost:8080/orders -H 'Accept: */*' --data @order.json
  ringer explain 'GET /cart' --scenario checkout=paid
  ringer explain --format json /health

Exit code 0 when a stub answers, 1 when none does.";

/// Under `ringer ca --help`.
pub const CA: &str = "\
Examples:
  ringer ca                                    where it is, how long it is valid, how to trust it
  ringer ca --create
  ringer ca --export /usr/local/share/ca-certificates/ringer.crt
  ringer ca --export - | openssl x509 -noout -text";

/// Under `ringer completions --help`.
pub const COMPLETIONS: &str = "\
Examples:
  ringer completions bash > /etc/bash_completion.d/ringer
  ringer completions zsh > \"${fpath[1]}/_ringer\"
  ringer completions fish > ~/.config/fish/completions/ringer.fish";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::behavior::{FaultName, profiles::PROFILES};

    #[test]
    fn replay_names_every_fault_and_every_profile() {
        let missing: Vec<_> = FaultName::words()
            .chain(PROFILES.iter().map(|profile| profile.name))
            .filter(|name| !REPLAY.contains(name))
            .collect();
        assert_eq!(missing, Vec::<&str>::new());
    }
}
