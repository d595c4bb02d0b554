//! Keeps the shape of the house: which room may import which, no circles, faces that define
//! nothing, files of a size that can be read. ARCHITECTURE.md explains; this file decides.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its sources has failed")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

/// The rooms from the ground up, each with the rooms that it may import. A room may import only
/// rooms that stand above it in this list, so there can be no circle of rooms.
const ROOMS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("runtime", &[]),
    ("telemetry", &[]),
    ("tls", &["runtime"]),
    ("behavior", &["model", "runtime"]),
    ("codec", &["model"]),
    ("format", &["behavior", "codec", "model"]),
    ("redaction", &["codec", "model"]),
    ("upstream", &["model"]),
    ("matching", &["codec", "model"]),
    ("render", &["codec", "matching", "model", "redaction", "runtime"]),
    ("lint", &["codec", "format", "matching", "model", "render"]),
    ("store", &["behavior", "codec", "matching", "model", "redaction", "render", "runtime"]),
    ("engine", &["behavior", "codec", "matching", "model", "render", "runtime", "store"]),
    ("library", &["codec", "format", "lint", "model", "runtime", "store"]),
    ("verify", &["behavior", "codec", "matching", "model", "store"]),
    (
        "record",
        &["codec", "library", "matching", "model", "redaction", "runtime", "store", "telemetry"],
    ),
    (
        "admin",
        &[
            "behavior",
            "codec",
            "engine",
            "format",
            "library",
            "matching",
            "model",
            "record",
            "redaction",
            "runtime",
            "store",
            "telemetry",
            "tls",
            "verify",
        ],
    ),
    (
        "serve",
        &[
            "admin",
            "behavior",
            "codec",
            "engine",
            "library",
            "matching",
            "model",
            "record",
            "redaction",
            "render",
            "runtime",
            "store",
            "telemetry",
            "tls",
            "upstream",
        ],
    ),
    (
        "config",
        &[
            "admin",
            "behavior",
            "engine",
            "format",
            "library",
            "model",
            "runtime",
            "serve",
            "store",
            "telemetry",
        ],
    ),
    (
        "app",
        &[
            "admin",
            "behavior",
            "codec",
            "config",
            "engine",
            "format",
            "library",
            "lint",
            "matching",
            "model",
            "record",
            "redaction",
            "render",
            "runtime",
            "serve",
            "store",
            "telemetry",
            "tls",
            "upstream",
            "verify",
        ],
    ),
    (
        "cli",
        &[
            "admin",
            "app",
            "behavior",
            "codec",
            "config",
            "engine",
            "format",
            "library",
            "model",
            "record",
            "redaction",
            "runtime",
            "serve",
            "store",
            "telemetry",
            "tls",
            "verify",
        ],
    ),
];

/// What is deliberately absent: words that must not occur in the code of a room.
const ABSENT: &[(&[&str], &[&str])] = &[
    // What the other rooms pass to each other knows no wire format, no disk and no network.
    (&["model"], &["serde", "serde_json", "hyper", "tokio", "fs", "tracing"]),
    // Pure: text, bytes and values in, values out.
    (
        &["behavior", "codec", "format", "lint", "matching", "redaction", "verify"],
        &["hyper", "hyper_util", "tokio", "fs", "net", "SystemTime", "Instant"],
    ),
    // What to answer is decided without a socket and without sleeping.
    (&["engine"], &["hyper", "hyper_util", "tokio", "fs"]),
    // The disk knows no network, the server side no client side.
    (&["admin", "library", "record"], &["hyper", "hyper_util", "net"]),
    // Errors have types everywhere but where they become text for people.
    (
        &[
            "admin",
            "app",
            "behavior",
            "codec",
            "config",
            "engine",
            "format",
            "library",
            "lint",
            "matching",
            "model",
            "record",
            "redaction",
            "render",
            "runtime",
            "serve",
            "store",
            "tls",
            "upstream",
            "verify",
        ],
        &["anyhow", "clap", "anstream", "indicatif"],
    ),
];

/// Lines of a file without its tests.
const MAX_LINES: usize = 400;

struct Source {
    /// `src/engine/find.rs`
    path: String,
    /// `["engine", "find"]`; for a face, that of its room.
    module: Vec<String>,
    is_face: bool,
    text: String,
    /// The text with comments, strings and the tests module blanked, lines kept.
    code: String,
    /// The tests module alone, comments and strings blanked, lines kept.
    tests: String,
}

impl Source {
    fn room(&self) -> &str {
        &self.module[0]
    }
}

/// Read once for all tests.
fn sources() -> &'static [Source] {
    static SOURCES: LazyLock<Vec<Source>> = LazyLock::new(read_sources);
    &SOURCES
}

fn read_sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    collect(&root, &mut paths);
    paths.sort();
    paths.iter().map(|path| source(&root, path)).collect()
}

fn collect(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, into);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            into.push(path);
        }
    }
}

fn source(root: &Path, path: &Path) -> Source {
    let text = fs::read_to_string(path).unwrap();
    let relative = path.strip_prefix(root).unwrap();
    let mut module: Vec<String> = relative
        .with_extension("")
        .components()
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
        .collect();
    let is_face = module.last().is_some_and(|name| name == "mod");
    if is_face {
        module.pop();
    }
    let blanked = blank(&text);
    // Long tests lie in files of their own, `tests.rs` or below `tests/`.
    let tests_at = if module.iter().any(|name| name == "tests") {
        0
    } else {
        blanked.find("#[cfg(test)]\nmod tests").unwrap_or(blanked.len())
    };
    let only_lines = |part: &str| "\n".repeat(part.matches('\n').count());
    Source {
        path: format!("src/{}", relative.to_string_lossy().replace('\\', "/")),
        module,
        is_face,
        code: blanked[..tests_at].to_owned(),
        tests: only_lines(&blanked[..tests_at]) + &blanked[tests_at..],
        text,
    }
}

/// Replaces comments and the content of literals by spaces; line feeds stay.
fn blank(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let at = |i: usize| chars.get(i).copied().unwrap_or(' ');
    let mut out = String::with_capacity(text.len());
    let mut i = 0;
    while i < chars.len() {
        let start = i;
        if at(i) == '/' && at(i + 1) == '/' {
            while i < chars.len() && at(i) != '\n' {
                i += 1;
            }
        } else if at(i) == '/' && at(i + 1) == '*' {
            while i < chars.len() && !(at(i) == '*' && at(i + 1) == '/') {
                i += 1;
            }
            i += 2;
        } else if at(i) == 'r'
            && (at(i + 1) == '"' || at(i + 1) == '#')
            && !is_word(at_before(&chars, i))
        {
            let hashes = chars[i + 1..].iter().take_while(|&&c| c == '#').count();
            i += 1 + hashes;
            if at(i) == '"' {
                i += 1;
                while i < chars.len()
                    && !(at(i) == '"' && (1..=hashes).all(|offset| at(i + offset) == '#'))
                {
                    i += 1;
                }
                i += 1 + hashes;
            }
        } else if at(i) == '"' {
            i += 1;
            while i < chars.len() && at(i) != '"' {
                i += if at(i) == '\\' { 2 } else { 1 };
            }
            i += 1;
        } else if at(i) == '\'' && (at(i + 2) == '\'' || at(i + 1) == '\\') {
            i += if at(i + 1) == '\\' { 3 } else { 2 };
            while i < chars.len() && at(i) != '\'' {
                i += 1;
            }
            i += 1;
        } else {
            out.push(at(i));
            i += 1;
            continue;
        }
        let end = i.min(chars.len());
        out.extend(chars[start..end].iter().map(|&c| if c == '\n' { '\n' } else { ' ' }));
    }
    out
}

fn at_before(chars: &[char], i: usize) -> char {
    i.checked_sub(1).map_or(' ', |before| chars[before])
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Every path that follows `prefix` (`crate::`, `super::`) in the code, groups unfolded, as its
/// segments, with the line.
fn paths_after(code: &str, prefix: &str) -> Vec<(usize, Vec<String>)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices(prefix) {
        let before = code[..at].chars().next_back().unwrap_or(' ');
        if is_word(before) || (before == ':' && prefix == "crate::") {
            continue;
        }
        let line = code[..at].matches('\n').count() + 1;
        let mut rest = &code[at + prefix.len()..];
        for path in unfold(&mut rest) {
            found.push((line, path));
        }
    }
    found
}

/// Reads `a::b::{c, d::E}` from the front of a text.
fn unfold(rest: &mut &str) -> Vec<Vec<String>> {
    *rest = rest.trim_start();
    if let Some(inside) = rest.strip_prefix('{') {
        *rest = inside;
        let mut all = Vec::new();
        loop {
            *rest = rest.trim_start();
            if let Some(after) = rest.strip_prefix('}') {
                *rest = after;
                return all;
            }
            let before = rest.len();
            all.extend(unfold(rest));
            *rest = rest.trim_start();
            if let Some(after) = rest.strip_prefix(',') {
                *rest = after;
            } else if let Some(after) = rest.strip_prefix("as ") {
                let end = after.find([',', '}']).unwrap_or(after.len());
                *rest = &after[end..];
            } else if rest.len() == before {
                return all;
            }
        }
    }
    let end = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
    let (name, after) = rest.split_at(end);
    *rest = after;
    if name.is_empty() {
        return Vec::new();
    }
    match after.strip_prefix("::") {
        Some(inside) if !inside.trim_start().starts_with('<') => {
            *rest = inside;
            let mut tails = unfold(rest);
            if tails.is_empty() {
                tails.push(Vec::new());
            }
            tails.iter_mut().for_each(|tail| tail.insert(0, name.to_owned()));
            tails
        }
        _ => vec![vec![name.to_owned()]],
    }
}

#[track_caller]
fn report(rule: &str, findings: &[String]) {
    assert!(findings.is_empty(), "{rule}\n  {}\n", findings.join("\n  "));
}

#[test]
fn the_table_has_every_room_once_and_in_order() {
    let mut above = BTreeSet::new();
    for (room, imports) in ROOMS {
        for import in *imports {
            assert!(
                above.contains(import),
                "`{room}` may import `{import}`, which is not above it"
            );
        }
        assert!(above.insert(room), "`{room}` stands twice in the table");
    }
    let rooms: BTreeSet<_> = sources()
        .iter()
        .filter(|source| !matches!(source.room(), "main" | "lib"))
        .map(|source| source.room().to_owned())
        .collect();
    let table: BTreeSet<_> = above.iter().map(|room| (**room).to_owned()).collect();
    assert_eq!(rooms, table, "rooms of src/ on the left, of the table on the right");
}

#[test]
fn a_room_imports_only_what_the_table_allows() {
    let allowed: BTreeMap<_, _> = ROOMS.iter().copied().collect();
    let order: Vec<_> = ROOMS.iter().map(|(room, _)| *room).collect();
    let place = |room: &str| order.iter().position(|other| *other == room);
    let mut findings = Vec::new();
    for source in sources() {
        let room = source.room();
        if matches!(room, "main" | "lib") {
            continue;
        }
        for (code, is_test) in [(&source.code, false), (&source.tests, true)] {
            for (line, path) in paths_after(code, "crate::") {
                let target = path[0].as_str();
                let is_fine = target == room
                    || allowed[room].contains(&target)
                    // Tests may use any room further down to set a scene.
                    || (is_test && place(target) < place(room));
                if !is_fine {
                    findings.push(format!("{}:{line}: `{room}` imports `{target}`", source.path));
                }
            }
        }
    }
    report(
        "a room imports only the rooms that ROOMS in tests/architecture.rs lists for it:",
        &findings,
    );
}

#[test]
fn the_program_only_calls_the_command_line() {
    let sources = sources();
    let main = sources.iter().find(|source| source.path == "src/main.rs").unwrap();
    let calls = paths_after(&main.code, "ringer::");
    assert!(calls.iter().all(|(_, path)| path[0] == "cli"), "{calls:?}");
}

#[test]
fn faces_say_what_the_table_says() {
    let mut findings = Vec::new();
    for source in sources().iter().filter(|source| source.is_face && source.module.len() == 1) {
        let doc: String = source.text.lines().map_while(|line| line.strip_prefix("//!")).fold(
            String::new(),
            |mut doc, line| {
                let _ = write!(doc, "{} ", line.trim());
                doc
            },
        );
        let said = doc.split_once("May import:").map_or("", |(_, after)| after);
        let said = said.split('.').next().unwrap_or_default().trim();
        let mut said: Vec<_> =
            said.split(',').map(str::trim).filter(|room| *room != "no room").collect();
        said.sort_unstable();
        let (_, allowed) = ROOMS.iter().find(|(room, _)| *room == source.room()).unwrap();
        if said != *allowed {
            findings.push(format!(
                "{}: expected `May import: {}.`",
                source.path,
                if allowed.is_empty() { "no room".to_owned() } else { allowed.join(", ") }
            ));
        }
    }
    report("the doc comment of a face lists what its room may import:", &findings);
}

#[test]
fn what_is_absent_stays_absent() {
    let mut findings = Vec::new();
    for source in sources() {
        for (_, words) in ABSENT.iter().filter(|(rooms, _)| rooms.contains(&source.room())) {
            for (number, line) in source.code.lines().enumerate() {
                let uses_path = |word: &&&str| {
                    line.split(|c: char| !is_word(c)).any(|part| part == **word)
                        && (line.contains(&format!("{word}::"))
                            || line.contains(&format!("::{word}"))
                            || line.trim_start().starts_with("use ")
                            || matches!(**word, "SystemTime" | "Instant"))
                };
                for word in words.iter().filter(uses_path) {
                    findings.push(format!("{}:{}: `{word}`", source.path, number + 1));
                }
            }
        }
    }
    report("ABSENT in tests/architecture.rs lists what these rooms must not know:", &findings);
}

#[test]
fn every_file_says_what_it_is_for_and_is_short() {
    let mut findings = Vec::new();
    for source in sources() {
        if !source.text.starts_with("//!") {
            findings.push(format!("{}:1: does not start with `//!`", source.path));
        }
        let lines = source.code.trim_end().lines().count();
        if lines > MAX_LINES {
            findings.push(format!("{}: {lines} lines without tests", source.path));
        }
    }
    report("a file says what it is for, and has at most 400 lines without its tests:", &findings);
}

#[test]
fn faces_define_nothing() {
    const DEFINITIONS: [&str; 11] = [
        "const ",
        "enum ",
        "fn ",
        "impl ",
        "impl<",
        "macro_rules!",
        "static ",
        "struct ",
        "trait ",
        "type ",
        "union ",
    ];
    let mut findings = Vec::new();
    for source in sources().iter().filter(|source| source.is_face || source.path == "src/lib.rs") {
        for (number, line) in source.code.lines().enumerate() {
            let words = line.trim_start();
            let words = words.strip_prefix("pub ").unwrap_or(words);
            if DEFINITIONS.iter().any(|definition| words.starts_with(definition)) {
                findings.push(format!("{}:{}: {}", source.path, number + 1, line.trim()));
            }
        }
    }
    report("`mod.rs` and `lib.rs` only declare modules and re-export names:", &findings);
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let sources = sources();
    let by_module: BTreeMap<_, _> =
        sources.iter().map(|source| (source.module.clone(), source)).collect();
    let mut edges: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for source in sources {
        let mut targets = Vec::new();
        for (_, path) in paths_after(&source.code, "crate::") {
            targets.push(path);
        }
        for (_, path) in paths_after(&source.code, "super::") {
            // From a file, `super` is its folder; from a face, the folder above.
            let mut base = source.module.clone();
            base.pop();
            let mut path = path.as_slice();
            while path.first().is_some_and(|name| name == "super") {
                base.pop();
                path = &path[1..];
            }
            targets.push(base.into_iter().chain(path.iter().cloned()).collect());
        }
        if source.is_face {
            for (_, path) in paths_after(&source.code, "pub use ") {
                targets.push(source.module.iter().cloned().chain(path).collect());
            }
        }
        for target in targets {
            // The longest prefix that is a module is the file that is imported.
            let file = (1..=target.len()).rev().find_map(|n| by_module.get(&target[..n]));
            if let Some(file) = file.filter(|file| file.path != source.path) {
                edges.entry(&source.path).or_default().insert(&file.path);
            }
        }
    }
    let mut circles: BTreeMap<BTreeSet<&str>, String> = BTreeMap::new();
    let mut done = BTreeSet::new();
    for source in sources {
        if let Some(circle) = circle_from(&source.path, &edges, &mut Vec::new(), &mut done) {
            // The same circle is met from each of its files.
            circles.insert(circle.iter().copied().collect(), circle.join(" → "));
        }
    }
    report("no files import each other in a circle:", &circles.into_values().collect::<Vec<_>>());
}

fn circle_from<'s>(
    file: &'s str,
    edges: &BTreeMap<&'s str, BTreeSet<&'s str>>,
    trail: &mut Vec<&'s str>,
    done: &mut BTreeSet<&'s str>,
) -> Option<Vec<&'s str>> {
    if let Some(at) = trail.iter().position(|other| *other == file) {
        let mut circle = trail[at..].to_vec();
        circle.push(file);
        return Some(circle);
    }
    if done.contains(file) {
        return None;
    }
    trail.push(file);
    for target in edges.get(file).into_iter().flatten() {
        if let Some(circle) = circle_from(target, edges, trail, done) {
            return Some(circle);
        }
    }
    trail.pop();
    done.insert(file);
    None
}

#[test]
fn the_reader_of_imports_unfolds_groups_and_skips_words_in_text() {
    let code = blank(
        "use crate::{\n    model::{Json, Stub},\n    codec::json,\n};\n// crate::app\nlet s = \"crate::cli\";\nlet c = '\"'; crate::tls::f();\n",
    );
    let found: Vec<_> = paths_after(&code, "crate::")
        .into_iter()
        .map(|(line, path)| format!("{line} {}", path.join("::")))
        .collect();
    assert_eq!(found, ["1 model::Json", "1 model::Stub", "1 codec::json", "7 tls::f"]);
}
