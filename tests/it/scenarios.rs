//! Stubs that answer one after the other, also when many clients ask at once.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::{
    client::{self, Connection, Got},
    folder::{Folder, Ringer},
};

async fn call(ringer: &Ringer, method: &str, path: &str, body: &Value) -> Got {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    client::send(ringer.address, method, &format!("/__admin{path}"), &[], body).await
}

/// A scenario of so many states, the last of which stays.
async fn chain(n: usize) -> (Folder, Ringer) {
    let folder = Folder::new();
    let state = |n: usize| if n == 0 { "Started".to_owned() } else { format!("state {n}") };
    let stubs: Vec<Value> = (0..n)
        .map(|at| {
            let mut stub = json!({
                "scenarioName": "chain",
                "requiredScenarioState": state(at),
                "request": {"url": "/next"},
                "response": {"body": at.to_string()},
            });
            if at + 1 < n {
                stub["newScenarioState"] = state(at + 1).into();
            }
            stub
        })
        .collect();
    folder.stub("chain", &json!({"mappings": stubs}).to_string());
    let ringer = folder.replay().await;
    (folder, ringer)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_clients_at_once_each_takes_another_state() {
    const CLIENTS: usize = 16;
    const EACH: usize = 10;
    let (_folder, ringer) = chain(CLIENTS * EACH).await;
    let tasks: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let address = ringer.address;
            tokio::spawn(async move {
                let connection = Connection::http1(address).await;
                let mut texts = Vec::new();
                for _ in 0..EACH {
                    texts.push(connection.get(&address.to_string(), "/next").await.text());
                }
                texts
            })
        })
        .collect();
    let mut seen: BTreeMap<usize, usize> = BTreeMap::new();
    for task in tasks {
        for text in task.await.unwrap() {
            *seen.entry(text.parse().expect("a state, not a miss")).or_default() += 1;
        }
    }
    assert_eq!(seen, (0..CLIENTS * EACH).map(|state| (state, 1)).collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn states_are_listed_set_and_reset() {
    let (_folder, ringer) = chain(3).await;
    let next = || async { client::get(ringer.address, "/next").await.text() };
    assert_eq!((next().await, next().await), ("0".to_owned(), "1".to_owned()));
    let list = call(&ringer, "GET", "/scenarios", &Value::Null).await.json();
    let scenario = &list["scenarios"][0];
    assert_eq!((&scenario["id"], &scenario["state"]), (&json!("chain"), &json!("state 2")));
    assert_eq!(scenario["possibleStates"].as_array().unwrap().len(), 3);
    assert_eq!(scenario["mappings"].as_array().unwrap().len(), 3);
    let set = |state: Value| {
        let ringer = &ringer;
        async move { call(ringer, "PUT", "/scenarios/chain/state", &state).await }
    };
    assert_eq!(set(json!({"state": "state 1"})).await.status, 200);
    assert_eq!(next().await, "1");
    assert_eq!(set(json!({"state": "no such"})).await.status, 422);
    assert_eq!(set(Value::Null).await.status, 200);
    assert_eq!(next().await, "0");
    assert_eq!(call(&ringer, "POST", "/scenarios/reset", &Value::Null).await.status, 200);
    assert_eq!(next().await, "0");
    let unknown = call(&ringer, "PUT", "/scenarios/none/state", &json!({"state": "x"})).await;
    assert_eq!((unknown.status, &unknown.json()["errors"][0]["code"]), (404, &json!(404)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stub_that_is_kept_back_leaves_the_request_to_the_next() {
    let folder = Folder::new();
    let ringer = folder.replay().await;
    let stub = |state: &str, body: &str| {
        json!({
            "scenarioName": "s",
            "requiredScenarioState": state,
            "request": {"url": "/a"},
            "response": {"body": body},
        })
    };
    call(
        &ringer,
        "POST",
        "/mappings",
        &json!({"request": {"url": "/a"}, "response": {"body": "any"}}),
    )
    .await;
    call(&ringer, "POST", "/mappings", &stub("Later", "later")).await;
    assert_eq!(client::get(ringer.address, "/a").await.text(), "any");
    call(&ringer, "PUT", "/scenarios/s/state", &json!({"state": "Later"})).await;
    assert_eq!(client::get(ringer.address, "/a").await.text(), "later");
}
