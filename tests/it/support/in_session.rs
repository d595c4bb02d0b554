//! A client that does all in one session.

use serde_json::Value;

use super::{
    client::{self, Got},
    folder::Ringer,
};

/// The header that names a session.
pub(crate) const HEADER: &str = "x-ringer-session";

/// A client of one session; `None` names none.
#[derive(Clone, Copy)]
pub(crate) struct InSession<'r> {
    ringer: &'r Ringer,
    name: Option<&'r str>,
}

impl<'r> InSession<'r> {
    pub(crate) fn new(ringer: &'r Ringer, name: &'r str) -> Self {
        Self { ringer, name: Some(name) }
    }

    pub(crate) fn none(ringer: &'r Ringer) -> Self {
        Self { ringer, name: None }
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: &Value) -> Got {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let fields: Vec<_> = self.name.map(|name| (HEADER, name)).into_iter().collect();
        client::send(self.ringer.address, method, path, &fields, body).await
    }

    /// The body of a GET.
    pub(crate) async fn get(&self, path: &str) -> String {
        self.send("GET", path, &Value::Null).await.text()
    }

    pub(crate) async fn status(&self, path: &str) -> u16 {
        self.send("GET", path, &Value::Null).await.status
    }

    /// A call of the admin API that must succeed.
    #[track_caller]
    pub(crate) fn admin(
        &self,
        method: &str,
        path: &str,
        body: Value,
    ) -> impl Future<Output = Value> + use<'r> {
        let (own, method) = (*self, method.to_owned());
        let path = format!("/__admin{path}");
        async move {
            let got = own.send(&method, &path, &body).await;
            assert!((200..300).contains(&got.status), "{method} {path}: {got:?}");
            serde_json::from_slice(&got.body).unwrap_or(Value::Null)
        }
    }
}
