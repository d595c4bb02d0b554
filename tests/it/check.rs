//! `ringer check` as programs and people use it.

use serde_json::Value;

use crate::support::{
    folder::Folder,
    process::{Ended, ringer, run},
};

#[track_caller]
fn check(folder: &Folder, arguments: &[&str]) -> Ended {
    run(ringer().current_dir(folder.path()).arg("check").args(arguments))
}

/// A folder with one mistake, one stub in the shadow of another and a body file that nothing names.
fn folder() -> Folder {
    let folder = Folder::new();
    folder.stub("a", "{\n  \"request\": { \"method\": \"GET\", \"url\": \"/a?x=1\" }\n}\n");
    folder.stub("b", "{\n  \"name\": \"wide\",\n  \"request\": { \"urlPath\": \"/a\" }\n}\n");
    folder.write(
        "stubs/mappings/c.yaml",
        "request:\n  urlpath: /c\n  headers:\n    A: { matches: '(' }\n",
    );
    folder.write("stubs/__files/left.json", "{}");
    folder
}

#[test]
fn mistakes_of_form_and_expressions_are_reported_in_one_run() {
    let folder = folder();
    let said = check(&folder, &[]);
    assert_eq!(said.code, Some(1), "{}", said.stderr);
    insta::assert_snapshot!(said.stderr, @r#"
    warning: this stub can never answer: `wide` in mappings/b.json takes all of its requests and is newer at the same priority
      ┌ stubs/mappings/a.json:2:40
      │
    2 │   "request": { "method": "GET", "url": "/a?x=1" }
      │                                        ^^^^^^^^ give this one `priority` 4
      └
    error: unknown key `urlpath` in `request`
      ┌ stubs/mappings/c.yaml:2:3
      │
    2 │   urlpath: /c
      │   ^^^^^^^ did you mean `urlPath`?
      └
    error: the group that opens at character 1 is never closed; add `)`, or write `\(` for the character itself
      ┌ stubs/mappings/c.yaml:4:19
      │
    4 │     A: { matches: '(' }
      │                   ^^^
      └
    2 errors, 1 warning in 2 of 3 stub files
    "#);
    assert_eq!(said.stdout, "");
}

#[test]
fn warnings_fail_a_strict_check_only() {
    let folder = Folder::new();
    folder.stub("a", r#"{"request": {"method": "get", "urlPath": "/a"}}"#);
    assert_eq!(check(&folder, &[]).code, Some(0));
    let said = check(&folder, &["--strict"]);
    assert_eq!(said.code, Some(1));
    assert!(said.stderr.contains("warning: methods are case-sensitive"), "{}", said.stderr);
}

#[test]
fn json_has_every_problem_with_its_place() {
    let said = check(&folder(), &["--format", "json"]);
    assert_eq!((said.code, said.stderr.as_str()), (Some(1), ""));
    let value: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(value["version"], 1);
    assert_eq!(value["summary"]["errors"], 2);
    assert_eq!(value["summary"]["warnings"], 1);
    let problems = value["problems"].as_array().unwrap();
    let unknown = problems.iter().find(|it| it["rule"] == "unknown-key").unwrap();
    assert_eq!(unknown["file"], "stubs/mappings/c.yaml");
    assert_eq!((&unknown["line"], &unknown["column"]), (&2.into(), &3.into()));
    assert_eq!(unknown["pointer"], "/request/urlpath");
    assert_eq!(unknown["hint"], "did you mean `urlPath`?");
    let shadowed = problems.iter().find(|it| it["rule"] == "shadowed").unwrap();
    assert_eq!(shadowed["severity"], "warning");
    assert_eq!(shadowed["pointer"], "/request/url");
}

#[test]
fn sarif_names_a_rule_and_a_region_for_each_result() {
    let said = check(&folder(), &["--format", "sarif"]);
    let value: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(value["version"], "2.1.0");
    let run = &value["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    for result in run["results"].as_array().unwrap() {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        let place = &result["locations"][0]["physicalLocation"];
        assert!(place["artifactLocation"]["uri"].as_str().unwrap().starts_with("stubs/"));
        let region = &place["region"];
        assert!(region["startColumn"].as_u64() < region["endColumn"].as_u64(), "{result}");
    }
    for rule in rules {
        assert!(!rule["help"]["text"].as_str().unwrap().is_empty(), "{rule}");
    }
}

#[test]
fn every_rule_has_its_place_in_the_documentation() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/check.md"));
    let text = text.unwrap();
    for rule in ringer::format::rule::RULES {
        assert!(text.contains(&format!("### {}\n", rule.id)), "`{}` is not explained", rule.id);
    }
}

#[test]
fn the_schema_is_printed_as_the_documentation_has_it() {
    let folder = Folder::new();
    let said = check(&folder, &["--schema"]);
    let kept =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/stub.schema.json"));
    assert_eq!((said.code, said.stdout), (Some(0), kept.unwrap()));
}

#[test]
fn a_stub_file_may_name_its_schema() {
    let folder = Folder::new();
    folder.stub("a", r#"{"$schema": "../../stub.schema.json", "request": {"urlPath": "/a"}}"#);
    folder.write(
        "stubs/mappings/b.yaml",
        "# yaml-language-server: $schema=../../stub.schema.json\nrequest:\n  urlPath: /b\n",
    );
    let said = check(&folder, &["--strict"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
}
