//! Real clients and real servers: direct, recorded, and replayed with the server gone, a client
//! observes the same. `scripts/test` installs what is needed.

use std::{
    ffi::OsString,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use crate::support::{
    folder::{Folder, check_unchanged},
    process::{Process, Serving},
    waiting::{eventually, eventually_within},
};

/// A client may make some hundred requests.
const CLIENT_LIMIT: Duration = Duration::from_secs(120);

/// The interpreter that has the packages.
fn python() -> OsString {
    std::env::var_os("RINGER_TEST_PYTHON").expect(
        "RINGER_TEST_PYTHON is not set: run `scripts/test`, which installs the clients and servers \
         that this test needs and sets it",
    )
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(name)
}

/// A server that was started for a test.
struct Server {
    address: SocketAddr,
    process: Process,
    /// Further programs that it needs.
    _backends: Vec<Process>,
}

impl Server {
    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Ends it; when this returns, its port refuses connections.
    fn stop(self) {
        self.process.signal(rustix::process::Signal::TERM);
        let address = self.address;
        drop(self.process.ended());
        assert!(std::net::TcpStream::connect(address).is_err(), "the server is gone");
    }
}

/// What a client observed at `base`.
fn observed(
    client: &str,
    base: &str,
    folder: &Folder,
    environment: &[(&str, &str)],
) -> Vec<String> {
    let mut command = Command::new(python());
    command.arg(script(client)).arg(base).arg(folder.path()).stdin(Stdio::null());
    for (name, _) in std::env::vars() {
        if name.to_ascii_uppercase().ends_with("_PROXY") || name.starts_with("AWS_") {
            command.env_remove(name);
        }
    }
    command.env("PYTHONDONTWRITEBYTECODE", "1").envs(environment.iter().copied());
    let ended = Process::spawn(&mut command).ended_within(CLIENT_LIMIT);
    assert_eq!(ended.code, Some(0), "{client} at {base}: {}{}", ended.stdout, ended.stderr);
    ended.stdout.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

/// Lines that are the same in every run.
fn stable(lines: &[String]) -> Vec<&str> {
    lines.iter().filter(|line| !line.starts_with('~')).map(String::as_str).collect()
}

/// Lines that a replay brings back.
fn all(lines: &[String]) -> Vec<&str> {
    lines.iter().map(String::as_str).collect()
}

#[track_caller]
fn check_same(what: &str, left: &[&str], right: &[&str]) {
    for (left, right) in left.iter().zip(right) {
        assert_eq!(left, right, "{what}");
    }
    assert_eq!(left.len(), right.len(), "{what}");
}

/// Drives `client` directly, through two recordings, and through a replay. `reset` puts the server
/// back to its beginning.
fn check_round_trip(
    client: &str,
    server: Server,
    tls: bool,
    mut reset: impl FnMut(&Server),
) -> Folder {
    let folder = Folder::new();
    reset(&server);
    let direct = observed(client, &server.url(), &folder, &[]);
    assert!(direct.len() > 5, "{direct:?}");

    let through = |command: &str, arguments: &[&str]| {
        let serving = Serving::start(folder.path(), command, arguments);
        let ca = serving.ca.display().to_string();
        let (scheme, environment) = match tls {
            true => ("https", vec![("RINGER_TEST_CA", ca.as_str()), ("RINGER_TEST_HTTP2", "1")]),
            false => ("http", Vec::new()),
        };
        let base = format!("{scheme}://{}", serving.address);
        let lines = observed(client, &base, &folder, &environment);
        let said = serving.stop();
        assert_eq!(said.code, Some(0), "{}", said.stderr);
        (lines, said.stderr)
    };
    reset(&server);
    let (recorded, _) = through("record", &[&server.url()]);
    check_same("recorded as direct", &stable(&direct), &stable(&recorded));
    let stubs = folder.snapshot("stubs");
    // Ids and times that the server makes anew are no news.
    reset(&server);
    through("record", &[&server.url()]);
    check_unchanged(&stubs, &folder.snapshot("stubs"));
    server.stop();
    let (replayed, said) = through("replay", &["--latency", "none"]);
    check_same(&said, &all(&recorded), &all(&replayed));
    folder
}

/// gunicorn with httpbin, on a port that the system chose.
fn httpbin() -> Server {
    let mut command = Command::new(python());
    command
        .args(["-m", "gunicorn", "--bind", "127.0.0.1:0", "--workers", "1", "--threads", "4"])
        .args(["--no-control-socket", "httpbin:app"])
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::null());
    let mut process = Process::spawn(&mut command);
    let address = eventually_within(CLIENT_LIMIT, "httpbin listens", || {
        assert!(process.is_running(), "{}", process.stderr());
        let said = process.stderr();
        let address =
            said.split("Listening at: http://").nth(1)?.split_whitespace().next()?.parse();
        address.ok()
    });
    Server { address, process, _backends: Vec::new() }
}

#[test]
fn requests_and_httpx_do_not_notice_that_httpbin_is_gone() {
    let folder = check_round_trip("httpbin_requests.py", httpbin(), false, |_| ());
    for (name, content) in folder.snapshot("stubs").into_iter().chain(folder.snapshot("recordings"))
    {
        let found = memchr::memmem::find(&content, b"am9lOnNlY3JldC13b3Jk");
        assert!(found.is_none(), "the Basic credentials are in {name}");
    }
}

#[test]
fn requests_and_httpx_do_not_notice_it_over_tls_either() {
    check_round_trip("httpbin_requests.py", httpbin(), true, |_| ());
}

/// moto, on a port that the system chose.
fn moto() -> Server {
    let folder = tempfile::tempdir().unwrap();
    let port_file = folder.path().join("port");
    let mut command = Command::new(python());
    command
        .arg(script("moto_serve.py"))
        .arg(&port_file)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::null());
    let mut process = Process::spawn(&mut command);
    let port = eventually_within(CLIENT_LIMIT, "moto listens", || {
        assert!(process.is_running(), "{}", process.stderr());
        fs::read_to_string(&port_file).ok()?.parse::<u16>().ok()
    });
    Server { address: SocketAddr::from(([127, 0, 0, 1], port)), process, _backends: Vec::new() }
}

#[test]
fn boto3_does_not_notice_that_moto_is_gone() {
    check_round_trip("moto_boto3.py", moto(), false, |server| {
        let reset = format!("{}/moto-api/reset", server.url());
        let done = Command::new("curl")
            .args(["-sf", "--noproxy", "*", "-X", "POST", &reset])
            .output()
            .unwrap();
        assert!(done.status.success());
    });
}

/// nginx with this configuration of its server, in a folder of its own.
fn nginx(root: &Path, server: &str, backends: Vec<Process>) -> Server {
    let root_text = root.display();
    let mut backends = backends;
    // nginx cannot say which port it was given, so a free one is tried until it gets it.
    for _ in 0..10 {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        fs::write(
            root.join("nginx.conf"),
            format!(
                "daemon off; master_process off; pid {root_text}/nginx.pid; error_log stderr;\n\
                 events {{ worker_connections 256; }}\n\
                 http {{\n\
                 access_log off; default_type application/octet-stream;\n\
                 types {{ text/plain txt; text/html html; }}\n\
                 client_body_temp_path {root_text}/tmp; proxy_temp_path {root_text}/tmp;\n\
                 fastcgi_temp_path {root_text}/tmp; uwsgi_temp_path {root_text}/tmp;\n\
                 scgi_temp_path {root_text}/tmp; client_max_body_size 100m;\n\
                 server {{ listen {free}; root {root_text}/www; {server} }}\n}}\n"
            ),
        )
        .unwrap();
        let mut command = Command::new("nginx");
        command
            .arg("-p")
            .arg(root)
            .arg("-c")
            .arg(root.join("nginx.conf"))
            .args(["-e", "stderr"])
            .stdin(Stdio::null());
        let mut process = Process::spawn(&mut command);
        let listens = eventually("nginx listens", || {
            if !process.is_running() {
                return Some(false);
            }
            std::net::TcpStream::connect(free).is_ok().then_some(true)
        });
        if listens {
            return Server { address: free, process, _backends: std::mem::take(&mut backends) };
        }
        let said = process.stderr();
        assert!(said.contains("Address already in use"), "{said}");
    }
    panic!("no port was free");
}

#[test]
fn curl_does_not_notice_that_nginx_is_gone() {
    let place = tempfile::tempdir().unwrap();
    let root = place.path();
    for folder in ["www/dav", "tmp"] {
        fs::create_dir_all(root.join(folder)).unwrap();
    }
    let large: Vec<u8> =
        (0..5_000_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for (name, content) in [
        ("small.txt", b"hello, world\n".to_vec()),
        ("page.html", b"<p>hello</p>\n".repeat(200)),
        ("large.bin", large),
    ] {
        let path = root.join("www").join(name);
        fs::write(&path, content).unwrap();
        let touched = Command::new("touch").args(["-d", "2026-01-02T03:04:05Z"]).arg(path).status();
        assert!(touched.unwrap().success());
    }
    let server = nginx(
        root,
        "gzip on; gzip_min_length 100; gzip_types text/html; gzip_vary on; absolute_redirect off;\n\
         location /echo { default_type text/plain; return 200 \"$request_method $request_uri $http_x_a\\n\"; }\n\
         location /empty { return 204; }\n\
         location /fields { add_header X-CamelCase A always; add_header x-lower b always;\n\
           add_header Set-Cookie \"a=1; Path=/\" always; add_header Set-Cookie b=2 always; return 403; }\n\
         location = /moved { return 302 /small.txt; }\n\
         location = /moved-absolute { return 301 http://$http_host/small.txt; }\n\
         location /dav/ { dav_methods PUT DELETE COPY; create_full_put_path on; }",
        Vec::new(),
    );
    let dav = root.join("www/dav");
    check_round_trip("nginx_curl.py", server, false, |_| {
        fs::remove_dir_all(&dav).unwrap();
        fs::create_dir_all(&dav).unwrap();
    });
}

fn git(within: &Path, arguments: &[&str]) {
    let done = Command::new("git")
        .current_dir(within)
        .args([
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@example.test",
            "-c",
            "init.defaultBranch=main",
        ])
        .args(arguments)
        .env("GIT_AUTHOR_DATE", "2026-01-01T00:00:00Z")
        .env("GIT_COMMITTER_DATE", "2026-01-01T00:00:00Z")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("HOME", within)
        .output()
        .unwrap();
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn git_does_not_notice_that_its_server_is_gone() {
    let place = tempfile::tempdir().unwrap();
    let root = place.path();
    for folder in ["www", "tmp", "seed"] {
        fs::create_dir_all(root.join(folder)).unwrap();
    }
    let seed = root.join("seed");
    git(&seed, &["init", "-q"]);
    fs::write(seed.join("README"), "hello\n").unwrap();
    git(&seed, &["add", "."]);
    git(&seed, &["commit", "-q", "-m", "first"]);
    let repositories = root.join("repositories");
    let fresh = || {
        let _ = fs::remove_dir_all(&repositories);
        fs::create_dir_all(&repositories).unwrap();
        git(root, &["clone", "-q", "--bare", "seed", "repositories/repo.git"]);
        git(&repositories.join("repo.git"), &["config", "http.receivepack", "true"]);
    };
    fresh();
    let backend = Command::new("git").arg("--exec-path").output().unwrap().stdout;
    let backend = format!("{}/git-http-backend", String::from_utf8(backend).unwrap().trim());
    let socket = root.join("fcgi.sock");
    let mut command = Command::new("fcgiwrap");
    command.args(["-c", "4", "-s", &format!("unix:{}", socket.display())]).stdin(Stdio::null());
    let fcgiwrap = Process::spawn(&mut command);
    eventually("fcgiwrap listens", || socket.exists().then_some(()));
    let server = nginx(
        root,
        &format!(
            "location / {{ fastcgi_pass unix:{}; fastcgi_buffering off;\n\
             fastcgi_param SCRIPT_FILENAME {backend}; fastcgi_param GIT_PROJECT_ROOT {};\n\
             fastcgi_param GIT_HTTP_EXPORT_ALL 1; fastcgi_param PATH_INFO $uri;\n\
             fastcgi_param QUERY_STRING $query_string; fastcgi_param REQUEST_METHOD $request_method;\n\
             fastcgi_param CONTENT_TYPE $content_type; fastcgi_param CONTENT_LENGTH $content_length;\n\
             fastcgi_param REMOTE_ADDR $remote_addr; fastcgi_param GIT_PROTOCOL $http_git_protocol;\n\
             fastcgi_param HTTP_CONTENT_ENCODING $http_content_encoding;\n\
             fastcgi_param HOME {}; fastcgi_param GIT_CONFIG_NOSYSTEM 1; }}",
            socket.display(),
            repositories.display(),
            root.display(),
        ),
        vec![fcgiwrap],
    );
    check_round_trip("git_smart_http.py", server, false, |_| fresh());
}
