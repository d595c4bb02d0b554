//! `ringer explain`: which stub answers, and why the others do not.

use serde_json::Value;

use crate::support::{
    folder::Folder,
    process::{Ended, ringer, run},
};

#[track_caller]
fn explain(folder: &Folder, arguments: &[&str]) -> Ended {
    run(ringer().current_dir(folder.path()).arg("explain").args(arguments))
}

fn folder() -> Folder {
    let folder = Folder::new();
    folder.stub(
        "create",
        r#"{"name": "create order",
            "request": {"method": "POST", "urlPath": "/orders",
                        "headers": {"Content-Type": {"contains": "json"}},
                        "bodyPatterns": [{"equalToJson": {"sku": "a"}}]},
            "response": {"status": 201}}"#,
    );
    folder.stub(
        "else",
        r#"{"name": "anything else", "priority": 10, "request": {"urlPathPattern": "/orders.*"}, "response": {"status": 404}}"#,
    );
    folder.stub(
        "cart",
        r#"{"name": "full cart", "request": {"method": "GET", "url": "/cart"},
            "scenarioName": "shop", "requiredScenarioState": "filled", "response": {"status": 200}}"#,
    );
    folder
}

#[test]
fn the_stub_that_answers_is_told_with_its_parts_and_those_that_come_later() {
    let said = explain(
        &folder(),
        &[
            "-X",
            "POST",
            "http://localhost:8080/orders",
            "-H",
            "Content-Type: application/json",
            "--data",
            r#"{"sku": "a"}"#,
        ],
    );
    assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""));
    insta::assert_snapshot!(said.stdout, @r#"
    POST /orders is answered by `create order` in stubs/mappings/create.json (priority 5) with 201
      ✓ method               POST
      ✓ path                 /orders
      ✓ header Content-Type  containing "json"
      ✓ body                 {"sku":"a"}

    `anything else` in stubs/mappings/else.json (priority 10): matches too, but comes later
    "#);
}

#[test]
fn where_no_stub_answers_the_nearest_are_told_part_by_part() {
    let said = explain(&folder(), &["GET /card?x=1"]);
    assert_eq!(said.code, Some(1));
    insta::assert_snapshot!(said.stdout, @r#"
    GET /card?x=1 is answered by no stub

    `full cart` in stubs/mappings/cart.json (priority 5): does not match
      ✓ method  GET
      ✗ url     expected /cart, found /card?x=1

    `anything else` in stubs/mappings/else.json (priority 10): does not match
      ✗ path  expected matching /orders.*, found /card

    `create order` in stubs/mappings/create.json (priority 5): does not match
      ✗ method               expected POST, found GET
      ✗ path                 expected /orders, found /card
      ✗ header Content-Type  expected containing "json", found nothing
      ✗ body                 expected {"sku":"a"}, found nothing
    "#);
}

#[test]
fn scenarios_are_in_the_state_that_was_named() {
    let folder = folder();
    let said = explain(&folder, &["GET /cart"]);
    assert_eq!(said.code, Some(1));
    assert!(
        said.stdout.contains("scenario `shop` is in state `Started`, not `filled`"),
        "{}",
        said.stdout
    );
    assert_eq!(explain(&folder, &["GET", "/cart", "--scenario", "shop=filled"]).code, Some(0));
}

#[test]
fn json_says_the_same() {
    let said = explain(&folder(), &["--format", "json", "--json", r#"{"sku": "b"}"#, "/orders"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let value: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(value["request"]["method"], "POST");
    assert_eq!(value["answer"]["name"], "anything else");
    assert_eq!(value["near"][0]["name"], "create order");
    let parts = value["near"][0]["parts"].as_array().unwrap();
    let wrong: Vec<&Value> = parts.iter().filter(|part| part["matched"] == false).collect();
    assert_eq!(wrong.len(), 1, "{parts:?}");
}

#[test]
fn what_cannot_be_a_request_is_explained() {
    let folder = folder();
    for (arguments, expected) in [
        (&["GET /a b"][..], "such as `GET /path?x=1`"),
        (&["example.com"], "has no path"),
        (&["/a", "-H", "broken"], "has no colon"),
        (&["/a", "--scenario", "shop"], "NAME=STATE"),
        (&["/a", "-d", "@missing.json"], "missing.json"),
    ] {
        let said = explain(&folder, arguments);
        assert_eq!(said.code, Some(2), "{arguments:?}: {}", said.stdout);
        assert!(said.stderr.contains(expected), "{arguments:?}: {}", said.stderr);
    }
}
