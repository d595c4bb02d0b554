//! Every function of the client, against whichever server speaks WireMock's admin API. WireMock 3.13.2 passes
//! too, but for `POST /requests/reset`, which its document has and the server has not.

use std::{collections::HashMap, path::Path};

use serde_json::{Value, json};
use wiremock_client::{
    apis::{
        Error, configuration::Configuration, files_api as files, near_misses_api as near_misses,
        recordings_api as recordings, requests_api as requests, scenarios_api as scenarios,
        stub_mappings_api as mappings, system_api as system,
    },
    models::{
        ContentPattern, ContentPattern as Matcher, EqualToJsonPattern,
        EqualToJsonPatternEqualToJson, EqualToPattern, LoggedRequest, MatchesJsonPathPattern,
        MatchesJsonPathPatternMatchesJsonPath, RequestPattern, ResponseDefinition,
        StartRecordingRequest, StubMapping, TakeRecordingSnapshotRequest,
        TakeRecordingSnapshotRequestAllOfFilters, UpdateGlobalSettingsRequest,
    },
};

const UNKNOWN: &str = "b5b6b7b8-0000-4000-8000-000000000001";

/// The server, by its client and as its users see it.
pub(super) struct Server<'s> {
    pub(super) base: &'s str,
    /// Where it keeps its stubs.
    pub(super) folder: &'s Path,
    pub(super) client: Configuration,
    /// Whether it is WireMock itself.
    pub(super) is_reference: bool,
}

/// The status that a call was answered with instead of 2xx.
#[track_caller]
fn refused<T, E>(result: Result<T, Error<E>>) -> u16 {
    match result {
        Err(Error::ResponseError(response)) => response.status.as_u16(),
        Err(error) => panic!("no answer: {error}"),
        Ok(_) => panic!("it was carried out"),
    }
}

pub(super) fn stub(path: &str, body: &str) -> StubMapping {
    let request = RequestPattern {
        method: Some("GET".to_owned()),
        url: Some(path.to_owned()),
        ..RequestPattern::new()
    };
    let response = ResponseDefinition {
        status: Some(200),
        body: Some(body.to_owned()),
        ..ResponseDefinition::new()
    };
    StubMapping {
        request: Some(Box::new(request)),
        response: Some(Box::new(response)),
        ..StubMapping::new()
    }
}

fn equal_to(text: &str) -> Matcher {
    Matcher::EqualToPattern(Box::new(EqualToPattern::new(text.to_owned())))
}

fn at_path(path: &str) -> ContentPattern {
    let path = MatchesJsonPathPatternMatchesJsonPath::String(path.to_owned());
    Matcher::MatchesJsonPathPattern(Box::new(MatchesJsonPathPattern::new(path)))
}

fn urls(found: &[StubMapping]) -> Vec<&str> {
    found.iter().map(|it| it.request.as_ref().unwrap().url.as_deref().unwrap_or("-")).collect()
}

impl Server<'_> {
    pub(super) async fn text(&self, path: &str) -> (u16, String) {
        let got = self.client.client.get(format!("{}{path}", self.base)).send().await.unwrap();
        (got.status().as_u16(), got.text().await.unwrap())
    }

    /// An answer whose form WireMock's document does not describe.
    async fn json(&self, path: &str) -> Value {
        serde_json::from_str(&self.text(&format!("/__admin{path}")).await.1).unwrap()
    }

    async fn urls(&self) -> Vec<String> {
        let found = mappings::get_all_stub_mappings(&self.client, None, None).await.unwrap();
        urls(&found.mappings.unwrap()).into_iter().map(str::to_owned).collect()
    }

    fn on_disk(&self) -> Vec<String> {
        let files = walkdir::WalkDir::new(self.folder.join("mappings")).sort_by_file_name();
        let files = files.into_iter().filter_map(Result::ok).filter(|it| it.file_type().is_file());
        let mut urls: Vec<String> = files
            .map(|file| {
                let file: Value =
                    serde_json::from_slice(&std::fs::read(file.path()).unwrap()).unwrap();
                file["request"]["url"].as_str().unwrap_or("-").to_owned()
            })
            .collect();
        urls.sort();
        urls
    }

    /// Creates a stub; its id.
    pub(super) async fn create(&self, stub: StubMapping) -> String {
        let made = mappings::create_new_stub_mapping(&self.client, Some(stub)).await.unwrap();
        made.id.unwrap()
    }

    pub(super) async fn stubs(&self) {
        let client = &self.client;
        mappings::delete_all_stub_mappings(client).await.unwrap();
        assert_eq!(self.urls().await, [""; 0]);

        let json = EqualToJsonPatternEqualToJson::Object(json!({"a": 1}));
        let json = EqualToJsonPattern {
            ignore_extra_elements: Some(true),
            ..EqualToJsonPattern::new(json)
        };
        let mut full = stub("/full", "made");
        full.name = Some("full".to_owned());
        full.priority = Some(3);
        full.metadata = Some(json!({"team": "a"}));
        let request = full.request.as_mut().unwrap();
        request.method = Some("POST".to_owned());
        request.headers = Some(HashMap::from([("X-A".to_owned(), equal_to("1"))]));
        request.body_patterns = Some(vec![Matcher::EqualToJsonPattern(Box::new(json))]);
        let made = mappings::create_new_stub_mapping(client, Some(full.clone())).await.unwrap();
        assert_eq!(made.id.as_ref().map(String::len), Some(36));
        let named = StubMapping { id: made.id.clone(), uuid: made.id.clone(), ..full };
        assert_eq!(made, named);
        let id = made.id.clone().unwrap();
        assert_eq!(mappings::get_stub_mapping_by_id(client, &id).await.unwrap(), made);
        let post = client.client.post(format!("{}/full", self.base)).header("X-A", "1");
        let got = post.body(r#"{"a": 1, "b": 2}"#).send().await.unwrap();
        assert_eq!(got.text().await.unwrap(), "made");

        let one = self.create(stub("/one", "1")).await;
        self.create(stub("/two", "2")).await;
        assert_eq!(self.urls().await, ["/full", "/two", "/one"]);
        let page = mappings::get_all_stub_mappings(client, Some(1), Some(1)).await.unwrap();
        assert_eq!(urls(&page.mappings.unwrap()), ["/two"]);
        assert_eq!(page.meta.unwrap().total, 3);
        let changed = Some(stub("/one", "changed"));
        let changed = mappings::update_stub_mapping(client, &one, changed).await.unwrap();
        assert_eq!(changed.id.as_ref(), Some(&one));
        assert_eq!(self.text("/one").await, (200, "changed".to_owned()));

        let found = mappings::find_stub_mappings_by_metadata(client, at_path("$.team")).await;
        assert_eq!(urls(&found.unwrap().mappings.unwrap()), ["/full"]);
        mappings::remove_stub_mappings_by_metadata(client, Some(at_path("$.team"))).await.unwrap();
        assert_eq!(self.urls().await, ["/two", "/one"]);
        let idle = mappings::find_unmatched_stub_mappings(client).await.unwrap();
        assert_eq!(urls(&idle.mappings.unwrap()), ["/two"]);
        mappings::remove_unmatched_stub_mappings(client).await.unwrap();
        assert_eq!(self.urls().await, ["/one"]);
        mappings::delete_stub_mapping(client, &one).await.unwrap();
        assert_eq!(self.text("/one").await.0, 404);

        let stub_of = |path: &str| Some(stub(path, "x"));
        assert_eq!(refused(mappings::get_stub_mapping_by_id(client, UNKNOWN).await), 404);
        let unknown = mappings::update_stub_mapping(client, UNKNOWN, stub_of("/x")).await;
        assert_eq!(refused(unknown), 404);
        assert_eq!(refused(mappings::delete_stub_mapping(client, UNKNOWN).await), 404);
        assert_eq!(refused(mappings::get_stub_mapping_by_id(client, "x").await), 400);
        let wrong = StubMapping { id: Some("x".to_owned()), ..stub("/x", "x") };
        assert_eq!(refused(mappings::create_new_stub_mapping(client, Some(wrong)).await), 422);
        // WireMock's document does not say what is imported, so this client sends nothing.
        assert_eq!(refused(mappings::import_stub_mappings(client).await), 422);

        self.create(StubMapping { persistent: Some(true), ..stub("/kept", "k") }).await;
        self.create(stub("/passing", "p")).await;
        assert_eq!(self.on_disk(), ["/kept"]);
        mappings::reset_stub_mappings(client).await.unwrap();
        assert_eq!(self.urls().await, ["/kept"]);
        self.create(stub("/saved", "s")).await;
        mappings::persist_stub_mappings(client).await.unwrap();
        assert_eq!(self.on_disk(), ["/kept", "/saved"]);
        mappings::delete_all_stub_mappings(client).await.unwrap();
        assert_eq!(self.on_disk(), [""; 0]);
    }

    #[expect(deprecated, reason = "a client has it all the same")]
    pub(super) async fn journal(&self) {
        let client = &self.client;
        requests::delete_all_requests_in_journal(client).await.unwrap();
        self.create(StubMapping { metadata: Some(json!({"team": "a"})), ..stub("/known", "k") })
            .await;
        self.text("/known").await;
        self.text("/unknown?a=b").await;
        requests::get_all_requests_in_journal(client, Some("1"), None).await.unwrap();
        let wrong = requests::get_all_requests_in_journal(client, None, Some("yesterday")).await;
        assert_eq!(refused(wrong), 400);
        let all = self.json("/requests").await;
        assert_eq!(all["meta"]["total"], 2);
        assert_eq!(all["requests"][0]["request"]["url"], "/unknown?a=b");
        let id = all["requests"][0]["id"].as_str().unwrap();
        requests::get_request_by_id(client, id).await.unwrap();
        assert_eq!(refused(requests::get_request_by_id(client, UNKNOWN).await), 404);

        let known = RequestPattern { url: Some("/known".to_owned()), ..RequestPattern::new() };
        let count = requests::count_requests_by_criteria(client, known.clone()).await.unwrap();
        assert_eq!(count.count, Some(1));
        requests::find_requests_by_criteria(client, known.clone()).await.unwrap();
        requests::find_unmatched_requests(client).await.unwrap();
        let near = near_misses::retrieve_near_misses_for_unmatched_requests(client).await.unwrap();
        assert_eq!(near.near_misses.map(|near| near.len()), Some(1));
        let asked = LoggedRequest {
            method: Some("GET".to_owned()),
            url: Some("/knwon".to_owned()),
            ..LoggedRequest::new()
        };
        let near = near_misses::find_near_misses_for_request(client, asked).await.unwrap();
        assert_eq!(near.near_misses.map(|near| near.len()), Some(1));
        let near = near_misses::find_near_misses_for_request_pattern(client, known.clone()).await;
        assert_eq!(near.unwrap().near_misses.map(|near| near.len()), Some(2));

        requests::delete_request_by_id(client, id).await.unwrap();
        assert_eq!(self.json("/requests").await["meta"]["total"], 1);
        requests::remove_requests_by_metadata(client, Some(at_path("$.team"))).await.unwrap();
        assert_eq!(self.json("/requests").await["meta"]["total"], 0);
        self.text("/known").await;
        requests::remove_requests_by_criteria(client, known).await.unwrap();
        assert_eq!(self.json("/requests").await["meta"]["total"], 0);
        self.text("/known").await;
        if self.is_reference {
            assert_eq!(refused(requests::empty_request_journal(client).await), 404);
        } else {
            requests::empty_request_journal(client).await.unwrap();
            assert_eq!(self.json("/requests").await["meta"]["total"], 0);
        }
    }

    pub(super) async fn the_rest(&self) {
        let client = &self.client;
        for (required, following) in [("Started", Some("second")), ("second", None)] {
            self.create(StubMapping {
                scenario_name: Some("steps".to_owned()),
                required_scenario_state: Some(required.to_owned()),
                new_scenario_state: following.map(str::to_owned),
                ..stub("/step", required)
            })
            .await;
        }
        assert_eq!(self.text("/step").await.1, "Started");
        let found = scenarios::get_all_scenarios(client).await.unwrap().scenarios.unwrap();
        assert_eq!(found.len(), 1);
        let names = (found[0].id.as_deref(), found[0].name.as_deref(), found[0].state.as_deref());
        assert_eq!(names, (Some("steps"), Some("steps"), Some("second")));
        assert_eq!(found[0].possible_states.as_ref().unwrap().len(), 2);
        scenarios::reset_all_scenarios(client).await.unwrap();
        assert_eq!(self.text("/step").await.1, "Started");

        files::update_file_by_id(client, "sub.txt", Some("text".to_owned())).await.unwrap();
        assert_eq!(files::get_all_file_names(client).await.unwrap(), ["sub.txt"]);
        files::get_file_by_id(client, "sub.txt").await.unwrap();
        assert_eq!(refused(files::get_file_by_id(client, "none.txt").await), 404);
        assert_eq!(std::fs::read(self.folder.join("__files/sub.txt")).unwrap(), b"\"text\"");
        files::delete_file_by_id(client, "sub.txt").await.unwrap();
        assert_eq!(files::get_all_file_names(client).await.unwrap(), [""; 0]);

        // The document puts the members of a distribution beside the delay.
        let settings = UpdateGlobalSettingsRequest::new(1, 0.1, 1, 2, 3);
        assert_eq!(refused(system::update_global_settings(client, settings).await), 422);

        let health = system::get_health(client).await.unwrap();
        assert_eq!(serde_json::to_value(health.status).unwrap(), "healthy");
        let version = system::get_version(client).await.unwrap().version;
        assert_eq!(version, health.version);
        system::reset_mappings_and_journal(client).await.unwrap();
        assert_eq!(self.urls().await, [""; 0]);
    }

    /// Records what `target` answers; `hello` at `/live`.
    pub(super) async fn recordings(&self, target: &str) {
        let client = &self.client;
        assert_eq!(refused(recordings::stop_recording(client).await), 400);
        let start = StartRecordingRequest {
            target_base_url: Some(target.to_owned()),
            persist: Some(false),
            ..StartRecordingRequest::new()
        };
        recordings::start_recording(client, start).await.unwrap();
        let status = recordings::get_recording_status(client).await.unwrap().status;
        assert_eq!(serde_json::to_value(status).unwrap(), "Recording");
        assert_eq!(self.text("/live").await, (200, "hello".to_owned()));
        let recorded = recordings::stop_recording(client).await.unwrap();
        assert_eq!(urls(&recorded.mappings.unwrap()), ["/live"]);

        let proxy = ResponseDefinition {
            proxy_base_url: Some(target.to_owned()),
            ..ResponseDefinition::new()
        };
        let any = RequestPattern { url_pattern: Some("/.*".to_owned()), ..RequestPattern::new() };
        self.create(StubMapping {
            priority: Some(9),
            request: Some(Box::new(any)),
            response: Some(Box::new(proxy)),
            ..StubMapping::new()
        })
        .await;
        requests::delete_all_requests_in_journal(client).await.unwrap();
        self.text("/snap").await;
        self.text("/other").await;
        let filters = TakeRecordingSnapshotRequestAllOfFilters {
            url: Some("/snap".to_owned()),
            ..TakeRecordingSnapshotRequestAllOfFilters::new()
        };
        let snapshot = TakeRecordingSnapshotRequest {
            filters: Some(Box::new(filters)),
            persist: Some(false),
            ..TakeRecordingSnapshotRequest::new()
        };
        let taken = recordings::take_recording_snapshot(client, snapshot).await.unwrap();
        assert_eq!(urls(&taken.mappings.unwrap()), ["/snap"]);
        mappings::delete_all_stub_mappings(client).await.unwrap();
    }
}
