//! Changes on a real disk, and the batches that they become.

use std::{
    collections::HashSet,
    fs,
    sync::mpsc::{self, Receiver, RecvTimeoutError},
};

use parking_lot::Mutex;

use super::*;

/// Far more than a change takes to be noticed.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long nothing must happen for it to count as nothing.
const SILENCE: Duration = Duration::from_millis(900);

struct Watched {
    dir: tempfile::TempDir,
    batches: Receiver<(Vec<LoadedFile>, Vec<Arc<Path>>)>,
    watcher: Option<Watcher>,
}

impl Watched {
    /// Watches a folder with these files.
    fn start(files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (send, batches) = mpsc::channel();
        let mut watched = Self { dir, batches, watcher: None };
        for (path, text) in files {
            watched.write(path, text);
        }
        let on_change = move |changed, removed| _ = send.send((changed, removed));
        watched.watcher = Some(Watcher::start(&watched.root(), on_change).unwrap());
        watched
    }

    fn root(&self) -> PathBuf {
        self.dir.path().join("stubs")
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn next(&self) -> (Vec<LoadedFile>, Vec<Arc<Path>>) {
        self.batches.recv_timeout(PATIENCE).unwrap()
    }

    /// Waits until the files with these names have changed, in however many batches.
    #[track_caller]
    fn expect_changed(&self, names: &[&str]) {
        let mut waiting: HashSet<&str> = names.iter().copied().collect();
        while !waiting.is_empty() {
            let (changed, _) = self.next();
            for file in &changed {
                for stub in &file.stubs {
                    waiting.remove(stub.name.as_deref().unwrap());
                }
            }
        }
    }

    #[track_caller]
    fn expect_nothing(&self) {
        let next = self.batches.recv_timeout(SILENCE);
        assert!(matches!(next, Err(RecvTimeoutError::Timeout)), "{next:?}");
    }
}

fn named(name: &str) -> String {
    format!(r#"{{"name": "{name}"}}"#)
}

#[test]
fn edits_additions_and_deletions_are_noticed() {
    let watched = Watched::start(&[("mappings/a.json", &named("a")), ("mappings/b.json", "{}")]);
    watched.write("mappings/a.json", &named("a2"));
    watched.expect_changed(&["a2"]);
    watched.write("mappings/c.json", &named("c"));
    watched.expect_changed(&["c"]);
    fs::remove_file(watched.root().join("mappings/b.json")).unwrap();
    let (changed, removed) = watched.next();
    assert_eq!(changed.len(), 0);
    assert_eq!(removed, [Arc::from(watched.root().join("mappings/b.json"))]);
}

#[test]
fn files_in_new_folders_are_noticed() {
    let watched = Watched::start(&[("mappings/a.json", "{}")]);
    watched.write("api/mappings/deep/down/b.json", &named("b"));
    watched.write("mappings/new/c.json", &named("c"));
    watched.expect_changed(&["b", "c"]);
    // By now the new folders are watched like the old ones.
    watched.write("api/mappings/deep/down/b.json", &named("b2"));
    watched.expect_changed(&["b2"]);
}

#[test]
fn a_save_by_rename_is_one_change_and_the_temporary_file_none() {
    let watched = Watched::start(&[("mappings/a.json", &named("a"))]);
    let temporary = watched.root().join("mappings/.a.json.tmp");
    fs::write(&temporary, named("a2")).unwrap();
    fs::rename(&temporary, watched.root().join("mappings/a.json")).unwrap();
    let (changed, removed) = watched.next();
    assert_eq!(changed[0].stubs[0].name.as_deref(), Some("a2"));
    assert_eq!((changed.len(), removed.len()), (1, 0));
    fs::write(&temporary, named("a3")).unwrap();
    watched.expect_nothing();
}

#[test]
fn a_file_written_again_with_the_same_content_is_no_change() {
    let watched = Watched::start(&[("mappings/a.json", &named("a"))]);
    let temporary = watched.root().join("mappings/.a.json.tmp");
    fs::write(&temporary, named("a")).unwrap();
    fs::rename(&temporary, watched.root().join("mappings/a.json")).unwrap();
    watched.expect_nothing();
}

#[test]
fn a_file_that_breaks_is_reported_and_so_is_its_repair() {
    let watched = Watched::start(&[("mappings/a.json", &named("a"))]);
    watched.write("mappings/a.json", r#"{"nmae": 1}"#);
    let (changed, _) = watched.next();
    assert_eq!(changed[0].problems.len(), 1);
    assert_eq!(changed[0].stubs.len(), 0);
    watched.write("mappings/a.json", &named("a"));
    watched.expect_changed(&["a"]);
}

#[test]
fn a_copied_file_counts_when_the_original_is_gone() {
    let text = r#"{"name": "a", "id": "5b0d7c1e-6c0f-5a8e-9a53-1d9b8b2f7f10"}"#;
    let watched = Watched::start(&[("mappings/a.json", text)]);
    watched.write("mappings/copy.json", text);
    let copied = std::iter::from_fn(|| watched.next().0.pop())
        .find(|file| file.problems.iter().any(|problem| problem.message.contains("id is also")));
    assert_eq!(copied.unwrap().stubs.len(), 0);
    fs::remove_file(watched.root().join("mappings/a.json")).unwrap();
    let (changed, removed) = watched.next();
    assert_eq!((changed[0].stubs.len(), changed[0].problems.len()), (1, 0));
    assert_eq!(removed, [Arc::from(watched.root().join("mappings/a.json"))]);
}

#[test]
fn a_body_file_counts_for_the_stub_that_names_it() {
    let stub = r#"{"name": "a", "response": {"bodyFileName": "sub/b.txt"}}"#;
    let watched = Watched::start(&[("mappings/a.json", stub)]);
    watched.write("__files/sub/b.txt", "one");
    watched.expect_changed(&["a"]);
    watched.write("__files/sub/b.txt", "two");
    watched.expect_changed(&["a"]);
    fs::remove_dir_all(watched.root().join("__files")).unwrap();
    let problems = std::iter::from_fn(|| watched.next().0.pop()).find(|f| !f.problems.is_empty());
    assert!(problems.unwrap().problems[0].message.contains("there is no file `sub/b.txt`"));
}

#[test]
fn a_folder_that_comes_later_goes_and_comes_again_is_watched() {
    let watched = Watched::start(&[]);
    watched.write("mappings/a.json", &named("a"));
    watched.expect_changed(&["a"]);
    fs::remove_dir_all(watched.root()).unwrap();
    while watched.next().1.is_empty() {}
    watched.write("mappings/a.json", &named("a2"));
    watched.expect_changed(&["a2"]);
    watched.write("mappings/a.json", &named("a3"));
    watched.expect_changed(&["a3"]);
}

#[test]
fn what_changes_between_reading_and_watching_is_noticed() {
    let mut watched = Watched::start(&[("mappings/a.json", &named("a"))]);
    watched.watcher = None;
    let reader = Reader::new(watched.root());
    let loaded = reader.read().unwrap();
    watched.write("mappings/a.json", &named("between"));
    let (send, batches) = mpsc::channel();
    let on_change = move |changed, removed| _ = send.send((changed, removed));
    watched.batches = batches;
    watched.watcher = Some(Watcher::follow(reader, Known::of(&loaded), on_change).unwrap());
    watched.expect_changed(&["between"]);
}

#[test]
fn nothing_comes_after_a_drop() {
    let mut watched = Watched::start(&[("mappings/a.json", &named("a"))]);
    watched.watcher = None;
    watched.write("mappings/a.json", &named("a2"));
    // The sender went with the watcher's thread.
    assert!(matches!(watched.batches.recv_timeout(PATIENCE), Err(RecvTimeoutError::Disconnected)));
}

#[test]
fn a_watcher_may_be_dropped_by_what_it_calls() {
    let dir = tempfile::tempdir().unwrap();
    let (done, dropped) = mpsc::channel();
    let slot: Arc<Mutex<Option<Watcher>>> = Arc::default();
    let own = Arc::clone(&slot);
    let on_change = move |_, _| {
        own.lock().take();
        let _ = done.send(());
    };
    // Held, so that the change waits until the slot is filled.
    let mut held = slot.lock();
    let watcher = Watcher::start(dir.path(), on_change).unwrap();
    *held = Some(watcher);
    drop(held);
    fs::create_dir(dir.path().join("mappings")).unwrap();
    fs::write(dir.path().join("mappings/a.json"), "{}").unwrap();
    dropped.recv_timeout(PATIENCE).unwrap();
}
