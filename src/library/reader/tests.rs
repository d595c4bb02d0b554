//! Stub folders on disk, read: what is found, what is reported and where.

use std::fs;

use super::*;
use crate::model::ServiceName;

/// A stub folder with these files.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

fn read_ok(dir: &tempfile::TempDir) -> Loaded {
    read(dir.path()).unwrap()
}

/// The problems of a folder, each as one line, its path relative to the folder.
fn problems(dir: &tempfile::TempDir, loaded: &Loaded) -> Vec<String> {
    let prefix = format!("{}/", dir.path().display());
    loaded.problems().map(|problem| problem.to_string().replace(&prefix, "")).collect()
}

fn named(name: &str) -> String {
    format!(r#"{{"name": "{name}"}}"#)
}

#[test]
fn files_are_read_in_name_order_the_root_first() {
    let dir = folder(&[
        ("zoo/mappings/a.json", &named("4")),
        ("api/mappings/b.json", &named("3")),
        ("mappings/b.json", &named("2")),
        ("mappings/a/z.json", &named("1")),
        ("mappings/.tmp.json", "half"),
        ("mappings/.git/x.json", "half"),
        ("mappings/notes.txt", "text"),
        ("other/x.json", "not ours"),
        ("__files/mappings/x.json", "a body"),
    ]);
    let loaded = read_ok(&dir);
    assert_eq!(problems(&dir, &loaded), Vec::<String>::new());
    let stubs: Vec<_> = loaded
        .stubs()
        .map(|stub| (stub.name.as_deref().unwrap(), stub.service.as_ref().map(ServiceName::as_str)))
        .collect();
    assert_eq!(stubs, [("1", None), ("2", None), ("3", Some("api")), ("4", Some("zoo"))]);
}

#[test]
fn a_folder_that_is_not_there_is_empty_and_a_file_is_an_error() {
    let dir = folder(&[("file", "")]);
    assert_eq!(read(&dir.path().join("no/such")).unwrap().files.len(), 0);
    let error = read(&dir.path().join("file")).unwrap_err();
    assert!(matches!(error, LibraryError::NotAFolder { .. }));
}

#[test]
fn a_mistake_is_shown_where_it_is_and_costs_no_other_stub() {
    let text =
        "{\n  \"mappings\": [\n    { \"nmae\": \"ä\" },\n    { \"name\": \"fine\" }\n  ]\n}\n";
    let dir = folder(&[("mappings/a.json", text), ("mappings/b.json", &named("b"))]);
    let loaded = read_ok(&dir);
    assert_eq!(loaded.stubs().count(), 2);
    let expected = "mappings/a.json:3:7: unknown key `nmae` in a mapping (did you mean `name`?)";
    assert_eq!(problems(&dir, &loaded), [expected]);
    let shown = loaded.problems().next().unwrap().render(false);
    assert!(
        shown.contains("3 │     { \"nmae\": \"ä\" },\n  │       ^^^^^^ did you mean"),
        "{shown}"
    );
}

#[test]
fn yaml_files_are_stub_files_with_mistakes_at_their_places() {
    let dir = folder(&[
        ("mappings/a.yaml", "- name: one\n- name: two\n  nmae: x # oops\n"),
        ("mappings/b.yml", "name: b\n---\nmappings:\n  - name: c\n"),
    ]);
    let loaded = read_ok(&dir);
    let names: Vec<_> = loaded.stubs().map(|stub| stub.name.as_deref().unwrap()).collect();
    assert_eq!(names, ["one", "b", "c"]);
    let expected = "mappings/a.yaml:3:3: unknown key `nmae` in a mapping (did you mean `name`?)";
    assert_eq!(problems(&dir, &loaded), [expected]);
}

#[test]
fn what_a_check_finds_is_reported_with_the_mistakes_of_the_form() {
    let dir = folder(&[("mappings/a.json", r#"{"nmae": "x", "request": {"urlPattern": "("}}"#)]);
    let check = |_: &Stub| vec![("/request/urlPattern".to_owned(), "it is wrong".to_owned())];
    let loaded = Reader::new(dir.path()).with_check(check).read().unwrap();
    assert_eq!(loaded.stubs().count(), 0);
    assert_eq!(problems(&dir, &loaded).len(), 2);
}

#[test]
fn body_files_must_be_there_and_inside() {
    let response = |name: &str| format!(r#"{{"response": {{"bodyFileName": "{name}"}}}}"#);
    let dir = folder(&[
        ("__files/good.bin", "b"),
        ("secret", "s"),
        ("mappings/a.json", &response("good.bin")),
        ("mappings/b.json", &response("god.bin")),
        ("mappings/c.json", &response("../secret")),
        (
            "api/mappings/d.json",
            r#"{"responses": [{"status": 200}, {"bodyFileName": "good.bin"}]}"#,
        ),
    ]);
    let loaded = read_ok(&dir);
    assert_eq!(loaded.stubs().count(), 1);
    let root = dir.path().display();
    assert_eq!(
        problems(&dir, &loaded),
        [
            format!(
                "mappings/b.json:1:31: there is no file `god.bin` in `{root}/__files` (did you \
                 mean `good.bin`?)"
            )
            .replace(&format!("{root}/"), ""),
            "mappings/c.json:1:31: `../secret` leads out of `__files` (a body file must lie in \
             `__files`)"
                .to_owned(),
            "api/mappings/d.json:1:50: there is no file `good.bin` in `api/__files`".to_owned(),
        ]
    );
}

#[test]
fn what_a_check_finds_is_shown_at_its_pointer() {
    let dir = folder(&[("mappings/a.json", r#"{"request": {"urlPattern": "("}}"#)]);
    let check = |_: &Stub| vec![("/request/urlPattern".to_owned(), "unclosed group".to_owned())];
    let loaded = Reader::new(dir.path()).with_check(check).read().unwrap();
    assert_eq!(problems(&dir, &loaded), ["mappings/a.json:1:28: unclosed group"]);
    assert_eq!(loaded.stubs().count(), 0);
}

#[test]
fn an_id_that_two_stubs_share_is_a_mistake_of_the_later() {
    let with_id = r#"{"id": "5b0d7c1e-6c0f-5a8e-9a53-1d9b8b2f7f10"}"#;
    let dir = folder(&[
        ("mappings/a.json", with_id),
        ("mappings/copy.json", with_id),
        ("api/mappings/a.json", with_id),
    ]);
    let loaded = read_ok(&dir);
    assert_eq!(loaded.stubs().count(), 2);
    assert_eq!(
        problems(&dir, &loaded),
        ["mappings/copy.json:1:9: the stub's id is also that of one in `mappings/a.json` (leave \
          `id` out, or give it another)"]
    );
}

#[test]
fn an_id_that_is_not_given_depends_on_the_place_in_the_folder_alone() {
    let files = [("mappings/a/b.json", r#"{"mappings": [{}, {}]}"#)];
    let (one, other) = (folder(&files), folder(&files));
    let ids = |dir| read_ok(dir).stubs().map(|stub| stub.id.to_string()).collect::<Vec<_>>();
    assert_eq!(ids(&one), ids(&other));
    assert_ne!(ids(&one)[0], ids(&one)[1]);
    let file = read_file(one.path(), &one.path().join("mappings/a/b.json"));
    assert_eq!(file.stubs[1].id.to_string(), ids(&one)[1]);
}

#[test]
fn what_looks_like_stubs_and_is_not_read_is_reported() {
    let dir = folder(&[("loose.json", "{}"), ("my api/mappings/a.json", "{}")]);
    let loaded = read_ok(&dir);
    assert_eq!(
        problems(&dir, &loaded),
        [
            "loose.json: a stub file outside `mappings` (move it into the folder `mappings` \
             beside it)",
            "my api: `my api` cannot be the name of a service (rename the folder, for example to \
             `my_api`)",
        ]
    );
}

#[test]
fn a_file_that_is_not_text_is_reported() {
    let dir = folder(&[]);
    fs::create_dir(dir.path().join("mappings")).unwrap();
    fs::write(dir.path().join("mappings/a.json"), b"{\n\"a\xff\"}").unwrap();
    assert_eq!(problems(&dir, &read_ok(&dir)), ["mappings/a.json:2:3: not UTF-8"]);
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_a_circle_of_them_is_reported() {
    let dir = folder(&[("mappings/sub/a.json", &named("a")), ("elsewhere/b.json", &named("b"))]);
    std::os::unix::fs::symlink("../elsewhere", dir.path().join("mappings/link")).unwrap();
    std::os::unix::fs::symlink("..", dir.path().join("mappings/sub/up")).unwrap();
    let loaded = read_ok(&dir);
    assert_eq!(loaded.stubs().count(), 2);
    assert_eq!(
        problems(&dir, &loaded),
        ["mappings/sub/up: a link that leads back to a folder above it"]
    );
}

#[test]
fn many_files_are_read_in_parallel_with_progress_and_in_order() {
    let dir = folder(&[("mappings/x", "")]);
    for at in 0..1200 {
        fs::write(dir.path().join(format!("mappings/{at:04}.json")), named(&at.to_string()))
            .unwrap();
    }
    let reports = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&reports);
    let reader = Reader::new(dir.path()).with_progress(move |_, total| {
        assert_eq!(total, 1200);
        seen.fetch_add(1, Ordering::Relaxed);
    });
    let loaded = reader.read().unwrap();
    let names: Vec<_> = loaded.stubs().map(|stub| stub.name.clone().unwrap()).collect();
    assert_eq!(names, (0..1200).map(|at: usize| at.to_string()).collect::<Vec<_>>());
    assert_eq!(reports.load(Ordering::Relaxed), 3);
}

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn the_example_api_has_no_mistake() {
    let loaded = read(&repository("stubs")).unwrap();
    // Others may have recorded their own beside it.
    let files: Vec<_> = loaded.files.iter().filter(|file| file.service.is_none()).collect();
    for file in &files {
        assert_eq!(file.problems, [], "{}", file.path.display());
    }
    assert_eq!(files.iter().flat_map(|file| &file.stubs).count(), 8);
}

#[test]
fn the_examples_of_the_documentation_have_no_mistake() {
    let page = fs::read_to_string(repository("docs/stub-files.md")).unwrap();
    let examples: Vec<&str> =
        page.split("```json\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(examples.len() > 9);
    for example in examples {
        let dir = folder(&[("mappings/example.json", example)]);
        let problems: Vec<_> = read_ok(&dir).problems().map(|p| p.render(false)).collect();
        assert_eq!(problems, Vec::<String>::new());
    }
}

#[test]
fn a_body_file_may_be_missing_where_it_may_come_later() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("mappings")).unwrap();
    let write = |name: &str, file: &str| {
        let text = format!(r#"{{"response": {{"bodyFileName": "{file}"}}}}"#);
        fs::write(dir.path().join("mappings").join(name), text).unwrap();
    };
    write("a.json", "none.txt");
    write("b.json", "{{request.path}}.txt");
    write("c.json", "../../outside.txt");
    let names = |reader: Reader| {
        let loaded = reader.read().unwrap();
        let good = loaded.files.iter().filter(|file| file.problems.is_empty());
        good.map(|file| file.path.file_name().unwrap().to_string_lossy().into_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(Reader::new(dir.path())), ["b.json"]);
    assert_eq!(names(Reader::new(dir.path()).with_missing_bodies(true)), ["a.json", "b.json"]);
}
