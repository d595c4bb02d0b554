//! Which connections go wrong, and since when and until when: rules that come and go, clocks that are
//! moved, services that are told apart.

use std::{net::SocketAddr, time::Duration};

use ringer::{
    config::{Config, Service},
    model::{
        Behaviors, ConnectFault, Effect, Fault, Mode, Place, Ramp, Rule, ServiceName, TlsFault,
        Turns, When, Window,
    },
    runtime::Seed,
    serve::{AdminPlace, Limits},
    store::ClockChange,
};
use tokio::{net::TcpStream, sync::mpsc};

use crate::support::{
    certificates::client_trusting,
    client::{self, Connection, tls, whole},
    folder::{Folder, Ringer},
    server::{self, Upstream},
    waiting::{eventually_async, within},
    wire::Wire,
};

const STUB: &str = r#"{"request":{"urlPath":"/a"},"response":{"status":200,"body":"from a"}}"#;
const GET: &str = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
const HOUR: Duration = Duration::from_secs(3600);

fn rule(fault: ConnectFault, when: When) -> Rule {
    Rule { name: "broken".to_owned(), when, effect: Effect::Fault(Fault::Connect(fault)) }
}

fn always(fault: ConnectFault) -> Behaviors {
    some(fault, When::default())
}

fn some(fault: ConnectFault, when: When) -> Behaviors {
    Behaviors { rules: vec![rule(fault, when)], ..Behaviors::default() }
}

/// From one hour after the start to the next.
fn second_hour() -> When {
    within_window(HOUR, 2 * HOUR)
}

fn within_window(from: Duration, until: Duration) -> When {
    let window = Window { from, until: Some(until), period: None, ramp: Ramp::Flat };
    When { windows: vec![window], ..When::default() }
}

fn first_two() -> When {
    When { turns: Turns { first: Some(2), ..Turns::default() }, ..When::default() }
}

fn named(name: &str, behaviors: Behaviors) -> Service {
    let origin = format!("https://{name}").parse().unwrap();
    let service = Service::of_upstream(origin, Mode::Replay);
    Service { name: ServiceName::new(name), behaviors, ..service }
}

/// A service with a listener of its own.
fn listening(name: &str, behaviors: Behaviors) -> Service {
    Service { listen: vec!["127.0.0.1:0".parse().unwrap()], ..named(name, behaviors) }
}

async fn start(folder: &Folder, config: Config) -> Ringer {
    folder.stub("a", STUB);
    folder.start(config).await
}

impl Ringer {
    /// Has all connections go wrong from now on.
    fn add(&self, fault: ConnectFault) {
        let now = self.running.clock().elapsed();
        let rule = rule(fault, When::default());
        self.running.behaviors().add(&Place::All, rule, now).unwrap();
    }

    fn remove(&self) {
        assert!(self.running.behaviors().remove(&Place::All, "broken"));
    }
}

async fn is_refused(address: SocketAddr) -> bool {
    let connected = within(TcpStream::connect(address)).await;
    connected.is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionRefused)
}

async fn refused(address: SocketAddr) {
    eventually_async("connections refused", || async { is_refused(address).await.then_some(()) })
        .await;
}

async fn taken(address: SocketAddr) {
    eventually_async("connections taken", || async {
        TcpStream::connect(address).await.is_ok().then_some(())
    })
    .await;
    assert_eq!(client::get(address, "/a").await.text(), "from a");
}

/// The status of the answer on a connection of its own; 0 where there is none.
async fn status(address: SocketAddr) -> u16 {
    let mut wire = Wire::connect(address).await;
    wire.send(GET).await;
    let answer = wire.next_message().await;
    answer.map_or(0, |answer| answer.status())
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_listens_while_a_rule_refuses_and_then_the_same_port_answers_again() {
    let folder = Folder::new();
    let ringer = start(&folder, folder.config()).await;
    for _ in 0..2 {
        taken(ringer.address).await;
        ringer.add(ConnectFault::Refuse);
        refused(ringer.address).await;
        ringer.remove();
    }
    taken(ringer.address).await;
    ringer.add(ConnectFault::Refuse);
    refused(ringer.address).await;
    ringer.running.behaviors().reset(Duration::ZERO);
    taken(ringer.address).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_follows_the_windows_of_its_rules_by_the_session_clock() {
    let folder = Folder::new();
    let behaviors = some(ConnectFault::Refuse, second_hour());
    let ringer = start(&folder, Config { behaviors, ..folder.config() }).await;
    taken(ringer.address).await;
    ringer.running.clock().advance(HOUR).unwrap();
    refused(ringer.address).await;
    ringer.running.clock().advance(HOUR).unwrap();
    taken(ringer.address).await;
    // And when time passes by itself, here an hour in some hundredths of a second.
    ringer.remove();
    let now = ringer.running.clock().elapsed();
    let rule = rule(ConnectFault::Refuse, within_window(Duration::ZERO, HOUR));
    ringer.running.behaviors().add(&Place::All, rule, now).unwrap();
    refused(ringer.address).await;
    let fast = ClockChange { speed: Some(100_000.0), ..ClockChange::default() };
    ringer.running.clock().change(fast).unwrap();
    taken(ringer.address).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_refuses_from_the_start_never_listens() {
    let folder = Folder::new();
    let services = vec![listening("down.test", always(ConnectFault::Refuse))];
    let ringer = start(&folder, Config { services, ..folder.config() }).await;
    let down = ringer.running.addresses()[1];
    assert!(is_refused(down).await);
    // The listener that is not the service's alone.
    taken(ringer.address).await;
    ringer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_of_a_listener_that_shuts_finish_what_they_are_at_and_end() {
    let (arrived, mut arrivals) = mpsc::channel(1);
    let release = std::sync::Arc::new(tokio::sync::Notify::new());
    let held = std::sync::Arc::clone(&release);
    let upstream = Upstream::http(move |_| {
        let (arrived, held) = (arrived.clone(), std::sync::Arc::clone(&held));
        async move {
            arrived.send(()).await.unwrap();
            held.notified().await;
            http::Response::new(server::whole("at last"))
        }
    })
    .await;
    let folder = Folder::new();
    let ringer = folder.run(Mode::Passthrough, &upstream.url()).await;
    let mut silent = Wire::connect(ringer.address).await;
    let mut busy = Wire::connect(ringer.address).await;
    busy.send(GET).await;
    within(arrivals.recv()).await.unwrap();
    ringer.add(ConnectFault::Refuse);
    assert!(silent.is_closed().await);
    refused(ringer.address).await;
    release.notify_one();
    assert_eq!(busy.message().await.text(), "at last");
    assert!(busy.is_closed().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_admin_api_on_a_port_of_its_own_is_never_struck() {
    for fault in [ConnectFault::Refuse, ConnectFault::NeverAnswer, ConnectFault::Reset] {
        let folder = Folder::new();
        let mut config = Config { behaviors: always(fault), ..folder.config() };
        config.admin.place = Some(AdminPlace::Address("127.0.0.1:0".parse().unwrap()));
        let ringer = start(&folder, config).await;
        let admin = ringer.running.addresses()[1];
        assert_eq!(client::get(admin, "/__admin/mappings").await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_admin_api_on_a_shared_port_is_out_of_reach_only_where_nobody_listens() {
    let folder = Folder::new();
    let ringer = start(&folder, folder.config()).await;
    for fault in [ConnectFault::NeverAnswer, ConnectFault::Reset] {
        ringer.add(fault);
        assert_eq!(client::get(ringer.address, "/__admin/mappings").await.status, 200);
        ringer.remove();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_never_answered_is_counted_among_connections_and_ends_when_ringer_stops() {
    let folder = Folder::new();
    let limits = Limits { connections: 2, ..Limits::default() };
    let behaviors = some(ConnectFault::NeverAnswer, first_two());
    let ringer = start(&folder, Config { limits, behaviors, ..folder.config() }).await;
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut wire = Wire::connect(ringer.address).await;
        wire.send(GET).await;
        held.push(wire);
    }
    let mut third = Wire::connect(ringer.address).await;
    third.send(GET).await;
    let early = tokio::time::timeout(Duration::from_millis(150), third.more()).await;
    assert!(early.is_err(), "there is room for two");
    // A client that leaves makes room.
    held.remove(0);
    assert_eq!(third.message().await.status(), 200);
    drop(third);
    // Well before the drain limit, after which everything is cut off.
    let stopping = tokio::spawn(ringer.stop());
    assert!(held.remove(0).is_closed().await);
    within(stopping).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_seed_strikes_the_same_connections() {
    let mut runs = Vec::new();
    for seed in [7, 7, 8] {
        let folder = Folder::new();
        let half = When { probability: 0.5, ..When::default() };
        let behaviors = some(ConnectFault::Reset, half);
        let config = Config { seed: Seed(seed), behaviors, ..folder.config() };
        let ringer = start(&folder, config).await;
        let mut seen = Vec::new();
        for _ in 0..40 {
            seen.push(status(ringer.address).await);
        }
        runs.push(seen);
    }
    assert!(runs[0].contains(&200) && runs[0].contains(&0), "{:?}", runs[0]);
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0], runs[2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_refuses_some_connections_only_resets_them() {
    let folder = Folder::new();
    let behaviors = some(ConnectFault::Refuse, first_two());
    let ringer = start(&folder, Config { behaviors, ..folder.config() }).await;
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(status(ringer.address).await);
    }
    assert_eq!(seen, [0, 0, 200, 200]);
}

#[tokio::test(flavor = "multi_thread")]
async fn services_that_share_a_listener_are_told_apart_by_the_name_that_tls_asks_for() {
    let folder = Folder::new();
    let services = vec![
        named("well.test", Behaviors::default()),
        named("expired.test", always(ConnectFault::Tls(TlsFault::Expired))),
    ];
    let ringer = start(&folder, Config { services, ..folder.config() }).await;
    let config = client_trusting(&ringer.ca_pem(), &[]);
    assert!(tls(ringer.address, "well.test", config.clone()).await.is_ok());
    let error = tls(ringer.address, "expired.test", config).await.unwrap_err().to_string();
    assert!(error.contains("certificate expired"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_was_here_before_is_shown_the_certificate_again() {
    let folder = Folder::new();
    let ringer = start(&folder, folder.config()).await;
    let config = client_trusting(&ringer.ca_pem(), &["http/1.1"]);
    let connect = || Connection::tls(ringer.address, "localhost", config.clone());
    // The tickets of its session come with the answer.
    for _ in 0..2 {
        assert_eq!(connect().await.get("localhost", "/a").await.status, 200);
    }
    ringer.add(ConnectFault::Tls(TlsFault::SelfSigned));
    assert!(tls(ringer.address, "localhost", config.clone()).await.is_err());
    ringer.remove();
    assert_eq!(connect().await.get("localhost", "/a").await.status, 200);
}

/// Asks for a tunnel; the status, and the tunnel.
async fn tunnel(ringer: &Ringer, target: &str) -> (u16, Wire) {
    let mut wire = Wire::connect(ringer.address).await;
    wire.send(format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n")).await;
    (wire.bodiless().await.status(), wire)
}

async fn tls_in_tunnel(ringer: &Ringer, host: &str) -> std::io::Result<()> {
    let (status, wire) = tunnel(ringer, &format!("{host}:443")).await;
    assert_eq!(status, 200);
    let connector = tokio_rustls::TlsConnector::from(client_trusting(&ringer.ca_pem(), &[]));
    let name = host.to_owned().try_into().unwrap();
    within(connector.connect(name, wire.into_stream())).await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn inside_tunnels_the_target_tells_what_goes_wrong() {
    let folder = Folder::new();
    let faults = [
        ("expired.test", ConnectFault::Tls(TlsFault::Expired)),
        ("alert.test", ConnectFault::Tls(TlsFault::Alert(80))),
        ("reset.test", ConnectFault::Reset),
        ("refuse.test", ConnectFault::Refuse),
    ];
    let mut services: Vec<_> =
        faults.map(|(name, fault)| named(name, always(fault))).into_iter().collect();
    services.push(named("well.test", Behaviors::default()));
    let ringer = start(&folder, Config { services, ..folder.config() }).await;
    for (host, words) in [
        ("expired.test", "certificate expired"),
        ("alert.test", "InternalError"),
        ("reset.test", "reset by peer"),
    ] {
        let error = tls_in_tunnel(&ringer, host).await.unwrap_err().to_string();
        assert!(error.contains(words), "{host}: {error}");
    }
    tls_in_tunnel(&ringer, "well.test").await.unwrap();
    assert_eq!(tunnel(&ringer, "refuse.test:443").await.0, 502);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tunnel_that_is_passed_through_unseen_can_go_wrong_too() {
    let folder = Folder::new();
    let service = Service {
        mode: Mode::Passthrough,
        ..named("alert.test", always(ConnectFault::Tls(TlsFault::OldVersion)))
    };
    let ringer = start(&folder, Config { services: vec![service], ..folder.config() }).await;
    let error = tls_in_tunnel(&ringer, "alert.test").await.unwrap_err().to_string();
    assert!(error.contains("ProtocolVersion"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_recorded_goes_as_it_goes() {
    let upstream =
        Upstream::http(|_| async { http::Response::new(server::whole("the real one")) }).await;
    for fault in [ConnectFault::Refuse, ConnectFault::Reset] {
        let folder = Folder::new();
        let config = folder.config_of(Mode::Record, &upstream.url());
        let ringer = folder.start(Config { behaviors: always(fault), ..config }).await;
        assert_eq!(client::get(ringer.address, "/a").await.text(), "the real one");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_window_is_opened_for_an_upload_and_other_requests_go_on() {
    let folder = Folder::new();
    let behaviors = always(ConnectFault::WithheldWindow);
    let ringer = start(&folder, Config { behaviors, ..folder.config() }).await;
    let connection = Connection::http2(ringer.address).await;
    let upload = connection.request("POST", "a", "/a").body(whole("x")).unwrap();
    let uploading = connection.clone();
    let upload = tokio::spawn(async move { uploading.try_send(upload).await });
    for _ in 0..2 {
        assert_eq!(connection.get("a", "/a").await.status, 200);
    }
    assert!(!upload.is_finished());
    ringer.stop().await;
    assert!(within(upload).await.unwrap().is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_for_every_address_tells_its_service_too() {
    let folder = Folder::new();
    let everywhere = "0.0.0.0:0".parse().unwrap();
    let service = named("down.test", always(ConnectFault::Reset));
    let services = vec![Service { listen: vec![everywhere], ..service }];
    let mut config = Config { services, ..folder.config() };
    config.admin.place = Some(AdminPlace::Address(everywhere));
    let ringer = start(&folder, config).await;
    let [_, down, admin] = ringer.running.addresses() else { panic!("three listeners") };
    let here = |address: &SocketAddr| SocketAddr::from(([127, 0, 0, 1], address.port()));
    assert_eq!(status(here(down)).await, 0);
    assert_eq!(client::get(here(admin), "/__admin/mappings").await.status, 200);
}
