//! Which service a request belongs to, and the address under which the client knows it.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::{Arc, OnceLock},
};

use http::{HeaderMap, Uri, Version, uri::PathAndQuery};
use parking_lot::Mutex;

use super::{
    authority::{authority_of, names, without_default_port},
    settings::Service,
    socket::Reset,
    span::OpenSpan,
    upstreams::{Upstream, UpstreamFactory},
};
use crate::{
    model::{Mode, Origin, Scheme, ServiceName, SessionName},
    telemetry::{Metrics, ServiceMetrics},
    tls::acceptor::host_of,
    upstream::{self, OwnCalls, UpstreamError},
};

/// Hosts that a forward proxy may meet before it forgets the first.
const MAX_FORWARDED: usize = 4096;

/// A service in operation.
#[derive(Debug)]
pub(super) struct LiveService {
    /// Whose stubs answer; `None` for any.
    pub(super) scope: Option<ServiceName>,
    pub(super) hosts: Vec<String>,
    pub(super) prefix: Option<String>,
    pub(super) listen: Vec<SocketAddr>,
    pub(super) mode: Mode,
    pub(super) upstream: Option<Upstream>,
    pub(super) metrics: Arc<ServiceMetrics>,
}

/// Where a request goes.
#[derive(Clone, Debug)]
pub(super) struct Route {
    pub(super) service: Arc<LiveService>,
    /// Where the answer comes from: the service's, unless the session has its own.
    pub(super) mode: Mode,
    /// The client sent it to ringer as to a proxy.
    pub(super) is_proxied: bool,
    /// `host[:port]` as the client named it.
    pub(super) authority: Arc<str>,
    pub(super) scheme: Scheme,
    /// `scheme://host[:port]`, and the path prefix that was taken off `target`.
    pub(super) address: Arc<str>,
    /// Path and query without the service's prefix.
    pub(super) target: PathAndQuery,
    /// The exchange as a span, where spans are made.
    pub(super) span: Option<Arc<OpenSpan>>,
    /// How many calls of ringer to itself led to the request.
    pub(super) depth: u32,
}

/// Whose requests come at an address, where the address tells.
#[derive(Clone, Debug, Default)]
pub(super) struct Belonging {
    pub(super) session: Option<SessionName>,
    pub(super) service: Option<ServiceName>,
}

/// What a connection tells about all its requests.
#[derive(Clone, Debug)]
pub(super) struct Arrival {
    pub(super) scheme: Scheme,
    /// The address that the client connected to.
    pub(super) local: SocketAddr,
    /// The address that is listened on; several where it is the unspecified one.
    pub(super) listener: SocketAddr,
    /// The address that the client connected from.
    pub(super) peer: Option<IpAddr>,
    /// The same with its port, as the socket has it.
    pub(super) from: Option<SocketAddr>,
    /// The target of the CONNECT whose tunnel this is.
    pub(super) tunnel: Option<String>,
    /// The service of its listener, where that was opened for one while ringer runs.
    pub(super) service: Option<ServiceName>,
    /// The session of its listener, or of the proxy user whose tunnel it is.
    pub(super) session: Option<SessionName>,
    /// Ends the connection with a reset, and with it every tunnel in it.
    pub(super) reset: Reset,
}

impl Arrival {
    /// Whether all that comes at its listener is for this service.
    pub(super) fn is_of(&self, service: &LiveService) -> bool {
        service.listen.contains(&self.listener)
            || (self.service.is_some() && self.service == service.scope)
    }
}

/// Finds services.
pub(super) struct Router {
    pub(super) services: Vec<Arc<LiveService>>,
    /// For requests that name none: stubs of any service.
    pub(super) any: Arc<LiveService>,
    pub(super) forward: Mode,
    forwarded: Mutex<HashMap<String, Arc<LiveService>>>,
    factory: UpstreamFactory,
    metrics: Arc<Metrics>,
    /// For requests that stubs send, made for the first.
    errands: OnceLock<Result<upstream::Client, UpstreamError>>,
    /// Those of them that go to ringer itself.
    pub(super) own_calls: Arc<OwnCalls>,
}

impl Router {
    pub(super) fn new(
        services: Vec<Service>,
        forward: Mode,
        factory: UpstreamFactory,
        metrics: &Arc<Metrics>,
    ) -> Result<Self, UpstreamError> {
        let services = services
            .into_iter()
            .map(|service| live(service, &factory, metrics).map(Arc::new))
            .collect::<Result<Vec<_>, _>>()?;
        let any = LiveService {
            scope: None,
            hosts: Vec::new(),
            prefix: None,
            listen: Vec::new(),
            mode: Mode::Replay,
            upstream: None,
            metrics: metrics.service(None),
        };
        Ok(Self {
            services,
            any: Arc::new(any),
            forward,
            forwarded: Mutex::default(),
            own_calls: OwnCalls::to(factory.options.own_addresses.clone()),
            factory,
            metrics: Arc::clone(metrics),
            errands: OnceLock::new(),
        })
    }

    /// Connections for requests that stubs send.
    ///
    /// # Errors
    ///
    /// When an authority file can't be used.
    pub(super) fn errands(&self) -> Result<&upstream::Client, UpstreamError> {
        self.errands
            .get_or_init(|| upstream::Client::new(&self.factory.options, None))
            .as_ref()
            .map_err(Clone::clone)
    }

    /// What is done with a CONNECT to a host that no service names.
    pub(super) fn forward_mode(&self, authority: &str) -> Mode {
        self.named(authority, None).map_or(self.forward, |service| service.mode)
    }

    /// A route for a request. `None` when it names no place at all.
    pub(super) fn route(
        &self,
        arrival: &Arrival,
        uri: &Uri,
        version: Version,
        fields: &HeaderMap,
        folders: &[ServiceName],
    ) -> Result<Route, UpstreamError> {
        let target =
            uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
        let absolute = (version < Version::HTTP_2).then(|| uri.scheme_str()).flatten();
        let scheme = match (absolute, &arrival.tunnel) {
            (Some("https"), None) => Scheme::Https,
            (Some(_), None) => Scheme::Http,
            _ => arrival.scheme,
        };
        let named = authority_of(uri, fields);
        let wanted = arrival.tunnel.as_ref().or(named.as_ref());
        // Told ringer's address both as that of the API and as its proxy, a client names it in a
        // request to a proxy, and means the API.
        let is_own = wanted.is_some_and(|wanted| names(wanted, arrival.local));
        if (absolute.is_some() || arrival.tunnel.is_some()) && !is_own {
            let authority = arrival.tunnel.clone().or(named).unwrap_or_default();
            let authority = without_default_port(&authority, scheme);
            let service = match self.named(&authority, Some(scheme)) {
                Some(service) => service,
                None => self.forwarded(&authority, scheme)?,
            };
            let address = format!("{}://{authority}", scheme.as_str());
            let mode = service.mode;
            return Ok(Route {
                service,
                mode,
                is_proxied: true,
                authority: authority.into(),
                scheme,
                address: address.into(),
                target,
                span: None,
                depth: 0,
            });
        }
        let authority = named.unwrap_or_else(|| arrival.local.to_string());
        let address = format!("{}://{authority}", scheme.as_str());
        let (service, prefix) = self.direct(arrival, &authority, &target, scheme, folders);
        let (target, address) = match prefix {
            Some(prefix) => (strip(&target, &prefix), format!("{address}{prefix}")),
            None => (target, address),
        };
        let mode = service.mode;
        Ok(Route {
            service,
            mode,
            is_proxied: false,
            authority: authority.into(),
            scheme,
            address: address.into(),
            target,
            span: None,
            depth: 0,
        })
    }

    /// Whether any request may go to an upstream.
    pub(super) fn forwards(&self) -> bool {
        self.forward.forwards() || self.services.iter().any(|service| service.mode.forwards())
    }

    /// The service of a request that the client sent to ringer itself, and the path prefix that
    /// told it.
    fn direct(
        &self,
        arrival: &Arrival,
        authority: &str,
        target: &PathAndQuery,
        scheme: Scheme,
        folders: &[ServiceName],
    ) -> (Arc<LiveService>, Option<String>) {
        let by_listener = self.services.iter().find(|service| arrival.is_of(service));
        if let Some(service) = by_listener.or(self.named(authority, Some(scheme)).as_ref()) {
            return (Arc::clone(service), None);
        }
        let by_prefix = self.services.iter().find_map(|service| {
            let prefix = service.prefix.as_ref()?;
            let rest = target.path().strip_prefix(prefix.as_str())?;
            (rest.is_empty() || rest.starts_with('/'))
                .then(|| (Arc::clone(service), prefix.clone()))
        });
        if let Some((service, prefix)) = by_prefix {
            return (service, Some(prefix));
        }
        // A service that is reached in no other way is meant when there is but one.
        let mut addressed_by_nothing = self
            .services
            .iter()
            .filter(|service| service.prefix.is_none() && service.listen.is_empty());
        if let (Some(only), None) = (addressed_by_nothing.next(), addressed_by_nothing.next()) {
            return (Arc::clone(only), None);
        }
        let folder = ServiceName::new(&without_default_port(authority, scheme));
        if folders.contains(&folder)
            && let Ok(service) = self.folder(folder)
        {
            return (service, None);
        }
        (Arc::clone(&self.any), None)
    }

    /// The service that has this host among its own.
    pub(super) fn named(
        &self,
        authority: &str,
        scheme: Option<Scheme>,
    ) -> Option<Arc<LiveService>> {
        let short = scheme.map(|scheme| without_default_port(authority, scheme));
        let host = host_of(authority);
        self.services
            .iter()
            .find(|service| {
                service.hosts.iter().any(|own| {
                    own.eq_ignore_ascii_case(authority)
                        || own.eq_ignore_ascii_case(host)
                        || short.as_ref().is_some_and(|short| own.eq_ignore_ascii_case(short))
                })
            })
            .cloned()
    }

    /// The service that a host met by the forward proxy is.
    fn forwarded(
        &self,
        authority: &str,
        scheme: Scheme,
    ) -> Result<Arc<LiveService>, UpstreamError> {
        let key = format!("{}://{authority}", scheme.as_str());
        if let Some(known) = self.forwarded.lock().get(&key) {
            return Ok(Arc::clone(known));
        }
        let upstream = match (self.forward.forwards(), key.parse::<Origin>()) {
            (true, Ok(origin)) => Some(self.factory.forward(origin)?),
            _ => None,
        };
        let service = self.unnamed(ServiceName::new(authority), self.forward, upstream);
        self.remember(key, &service);
        Ok(service)
    }

    fn folder(&self, name: ServiceName) -> Result<Arc<LiveService>, UpstreamError> {
        let key = name.to_string();
        if let Some(known) = self.forwarded.lock().get(&key) {
            return Ok(Arc::clone(known));
        }
        let service = self.unnamed(name, Mode::Replay, None);
        self.remember(key, &service);
        Ok(service)
    }

    fn unnamed(
        &self,
        name: ServiceName,
        mode: Mode,
        upstream: Option<Upstream>,
    ) -> Arc<LiveService> {
        Arc::new(LiveService {
            metrics: self.metrics.service(Some(name.as_str())),
            scope: Some(name),
            hosts: Vec::new(),
            prefix: None,
            listen: Vec::new(),
            mode,
            upstream,
        })
    }

    fn remember(&self, key: String, service: &Arc<LiveService>) {
        let mut forwarded = self.forwarded.lock();
        if forwarded.len() >= MAX_FORWARDED {
            forwarded.clear();
        }
        forwarded.insert(key, Arc::clone(service));
    }
}

fn live(
    service: Service,
    factory: &UpstreamFactory,
    metrics: &Metrics,
) -> Result<LiveService, UpstreamError> {
    Ok(LiveService {
        metrics: metrics.service(Some(service.name.as_str())),
        upstream: service.upstream.map(|origin| factory.reverse(origin)).transpose()?,
        scope: Some(service.name),
        hosts: service.hosts,
        prefix: service.prefix,
        listen: service.listen,
        mode: service.mode,
    })
}

fn strip(target: &PathAndQuery, prefix: &str) -> PathAndQuery {
    let rest = target.as_str().strip_prefix(prefix).unwrap_or(target.as_str());
    let rest = if rest.starts_with('/') { rest.to_owned() } else { format!("/{rest}") };
    rest.parse().unwrap_or_else(|_| target.clone())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::header::HOST;

    use super::*;

    fn router(services: Vec<Service>) -> Router {
        let options = upstream::Options {
            ca_files: Vec::new(),
            insecure: false,
            connect_timeout: Duration::from_secs(1),
            idle_timeout: Duration::from_secs(1),
            own_addresses: upstream::OwnAddresses::default(),
        };
        let factory = UpstreamFactory { options, preserve_host: None };
        Router::new(services, Mode::Replay, factory, &Arc::default()).unwrap()
    }

    fn service(upstream: &str) -> Service {
        Service::of_upstream(upstream.parse().unwrap(), Mode::Record)
    }

    fn arrival() -> Arrival {
        Arrival {
            scheme: Scheme::Http,
            local: SocketAddr::from(([127, 0, 0, 1], 8080)),
            listener: SocketAddr::from(([127, 0, 0, 1], 8080)),
            peer: None,
            from: None,
            tunnel: None,
            service: None,
            session: None,
            reset: Reset::default(),
        }
    }

    /// Scope, address and target of the route.
    fn routed(
        router: &Router,
        arrival: &Arrival,
        uri: &str,
        host: &str,
    ) -> (String, String, String) {
        let mut fields = HeaderMap::new();
        fields.insert(HOST, host.parse().unwrap());
        let folders = [ServiceName::new("folder.test")];
        let route = router
            .route(arrival, &uri.parse().unwrap(), Version::HTTP_11, &fields, &folders)
            .unwrap();
        let scope = route.service.scope.as_ref().map_or("any".to_owned(), ToString::to_string);
        (scope, route.address.to_string(), route.target.to_string())
    }

    fn want(scope: &str, address: &str, target: &str) -> (String, String, String) {
        (scope.to_owned(), address.to_owned(), target.to_owned())
    }

    #[test]
    fn a_proxy_request_for_ringer_itself_means_the_api() {
        let router = router(vec![service("https://api.test")]);
        for own in ["127.0.0.1:8080", "localhost:8080"] {
            let address = format!("http://{own}");
            let expected = want("api.test", &address, "/a");
            assert_eq!(routed(&router, &arrival(), &format!("{address}/a"), own), expected);
            let tunnel = Arrival { tunnel: Some(own.to_owned()), ..arrival() };
            assert_eq!(routed(&router, &tunnel, "/a", own), expected);
        }
        let (scope, ..) = routed(&router, &arrival(), "http://127.0.0.1:8081/a", "127.0.0.1:8081");
        assert_ne!(scope, "api.test");
    }

    #[test]
    fn the_only_service_answers_whatever_host_the_client_uses() {
        let router = router(vec![service("https://api.example.com")]);
        assert_eq!(
            routed(&router, &arrival(), "/a?b", "127.0.0.1:8080"),
            want("api.example.com", "http://127.0.0.1:8080", "/a?b")
        );
    }

    #[test]
    fn host_then_prefix_choose_among_several() {
        let mut second = service("https://two.example.com");
        second.prefix = Some("/two".to_owned());
        let mut third = service("https://three.example.com");
        third.prefix = Some("/three".to_owned());
        let router = router(vec![service("https://one.example.com"), second, third]);
        assert_eq!(
            routed(&router, &arrival(), "/a", "two.example.com"),
            want("two.example.com", "http://two.example.com", "/a")
        );
        assert_eq!(
            routed(&router, &arrival(), "/two/a?b", "127.0.0.1:8080"),
            want("two.example.com", "http://127.0.0.1:8080/two", "/a?b")
        );
        assert_eq!(
            routed(&router, &arrival(), "/three", "127.0.0.1:8080"),
            want("three.example.com", "http://127.0.0.1:8080/three", "/")
        );
        assert_eq!(routed(&router, &arrival(), "/twofold", "x").0, "one.example.com");
    }

    #[test]
    fn forwarded_hosts_are_kept_apart() {
        let router = router(Vec::new());
        assert_eq!(
            routed(&router, &arrival(), "http://a.test:80/x", "ignored"),
            want("a.test", "http://a.test", "/x")
        );
        let tunnel =
            Arrival { scheme: Scheme::Https, tunnel: Some("b.test:443".to_owned()), ..arrival() };
        assert_eq!(
            routed(&router, &tunnel, "/x", "b.test"),
            want("b.test", "https://b.test", "/x")
        );
    }

    #[test]
    fn without_services_a_folder_is_known_by_its_host_and_any_answers_else() {
        let router = router(Vec::new());
        assert_eq!(routed(&router, &arrival(), "/", "folder.test").0, "folder.test");
        assert_eq!(routed(&router, &arrival(), "/", "127.0.0.1:8080").0, "any");
    }
}
