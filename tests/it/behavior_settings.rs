//! How answers behave, as the file, the flags and the stubs say it.

use std::process::Command;

use crate::support::{
    folder::Folder,
    process::{ringer, run},
};

const STUB: &str = r#"{"request": {"urlPath": "/a"}, "response": {"body": "fine"}}"#;

/// The statuses of four requests for `/a` and one for `/b`, replayed with these flags.
fn statuses(folder: &Folder, flags: &[&str]) -> String {
    let get = |path: &str| format!("curl -s -o /dev/null -w '%{{http_code}} ' $RINGER_URL{path}");
    let script = format!("for i in 1 2 3 4; do {}; done; {}; true", get("/a"), get("/b"));
    let mut command: Command = ringer();
    command.current_dir(folder.path()).args(["replay", "--listen", "127.0.0.1:0"]).args(flags);
    let said = run(command.args(["--", "sh", "-c", &script]));
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    said.stdout.trim().to_owned()
}

#[test]
fn faults_of_flags_take_the_place_of_those_of_the_file() {
    let folder = Folder::new();
    folder.stub("a", STUB);
    folder.stub("b", r#"{"request": {"urlPath": "/b"}, "response": {"body": "fine"}}"#);
    assert_eq!(statuses(&folder, &[]), "200 200 200 200 200");
    let fault = ["--fault", "status=503; nth=2; url=/a", "--fault", "connection-reset; nth=4"];
    assert_eq!(statuses(&folder, &fault), "200 503 200 000 200");
    folder.write("ringer.toml", "[[fault]]\nstatus = 500\nurl = \"/a\"\nevery = 2\n");
    assert_eq!(statuses(&folder, &[]), "200 500 200 500 200");
    assert_eq!(statuses(&folder, &["--fault", "418; first=1; url=/b"]), "200 200 200 200 418");
}

#[test]
fn a_profile_is_a_file_or_a_name() {
    let folder = Folder::new();
    folder.stub("a", STUB);
    folder.write("bad.toml", "[[fault]]\nstatus = 504\nfirst = 3\n");
    assert_eq!(statuses(&folder, &["--chaos", "bad.toml"]), "504 504 504 200 504");
    folder.write("ringer.toml", "chaos = \"bad.toml\"\n");
    assert_eq!(statuses(&folder, &[]), "504 504 504 200 504");
    let said = run(ringer().current_dir(folder.path()).args(["replay", "--chaos", "list"]));
    assert_eq!(said.code, Some(2));
    assert!(said.stderr.contains("mobile-3g"), "{}", said.stderr);
}

#[test]
fn a_stub_says_how_its_answers_behave() {
    let folder = Folder::new();
    let stub = STUB.replace(
        r#""response""#,
        r#""behavior": {"fault": {"status": 503, "every": 2}}, "response""#,
    );
    folder.stub("a", &stub);
    assert_eq!(statuses(&folder, &[]), "200 503 200 503 404");
}
