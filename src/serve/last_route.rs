//! The route that a connection's requests took last: the next one mostly takes it too.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Uri, Version, header::HOST, uri::PathAndQuery};
use parking_lot::Mutex;

use super::route::{Arrival, Route, Router};
use crate::{model::ServiceName, store::StubSet, upstream::UpstreamError};

/// What a connection remembers of routes.
#[derive(Debug, Default)]
pub(super) struct LastRoute(Mutex<Option<Remembered>>);

#[derive(Debug)]
struct Remembered {
    /// What the request named: the target's authority, and the field `Host`.
    named: (Bytes, Bytes),
    folders: Arc<[ServiceName]>,
    route: Route,
}

impl LastRoute {
    /// A route for a request, which is the last one where nothing that decides of it has changed.
    ///
    /// # Errors
    ///
    /// As [`Router::route`].
    pub(super) fn route(
        &self,
        router: &Router,
        arrival: &Arrival,
        (uri, version, fields): (&Uri, Version, &HeaderMap),
        set: &StubSet,
    ) -> Result<Route, UpstreamError> {
        let is_direct = arrival.tunnel.is_none()
            && (version >= Version::HTTP_2 || uri.scheme().is_none())
            && router.services.iter().all(|service| service.prefix.is_none());
        let (Some(folders), true) = (set.folders(), is_direct) else {
            return router.route(arrival, uri, version, fields, &set.services());
        };
        let authority = uri.authority().map_or(&b""[..], |it| it.as_str().as_bytes());
        let host = fields.get(HOST).map_or(&b""[..], |it| it.as_bytes());
        let mut last = self.0.lock();
        if let Some(last) = &*last
            && last.named.0 == authority
            && last.named.1 == host
            && Arc::ptr_eq(&last.folders, folders)
        {
            let target = uri.path_and_query().cloned();
            let target = target.unwrap_or_else(|| PathAndQuery::from_static("/"));
            return Ok(Route { target, ..last.route.clone() });
        }
        let route = router.route(arrival, uri, version, fields, folders)?;
        let named = (Bytes::copy_from_slice(authority), Bytes::copy_from_slice(host));
        let remembered = Route { target: PathAndQuery::from_static("/"), ..route.clone() };
        *last = Some(Remembered { named, folders: Arc::clone(folders), route: remembered });
        Ok(route)
    }
}
