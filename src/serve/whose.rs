//! Which service a connection is for, as far as that is known before a request.

use std::net::SocketAddr;

use super::{
    authority::{names, without_default_port},
    route::{Arrival, Belonging, LiveService, Router},
};
use crate::{
    model::{Mode, Scheme, ServiceName},
    tls::acceptor::host_of,
};

impl Router {
    /// The service that all connections to a listener are for, as far as it tells, and where their
    /// answers come from.
    pub(super) fn of_listener(&self, local: SocketAddr) -> (Option<ServiceName>, Mode) {
        let own = self.services.iter().find(|service| service.listen.contains(&local));
        let only = match self.services.as_slice() {
            [only] if only.prefix.is_none() && only.listen.is_empty() => Some(only),
            _ => None,
        };
        own.or(only).map_or((None, self.any.mode), |service| (service.scope.clone(), service.mode))
    }

    /// As [`Self::of_listener`], where what comes may belong to a service by the address alone.
    pub(super) fn of_belonging(
        &self,
        local: SocketAddr,
        belonging: &Belonging,
    ) -> (Option<ServiceName>, Mode) {
        let named = belonging.service.as_ref();
        let own =
            named.and_then(|name| self.services.iter().find(|it| it.scope.as_ref() == Some(name)));
        match own {
            Some(service) => (service.scope.clone(), service.mode),
            None => self.of_listener(local),
        }
    }

    /// The service that a connection is for, as far as it is known before a request, and where its
    /// answers come from. `server_name` is the name that the client asks for in TLS.
    pub(super) fn of_connection(
        &self,
        arrival: &Arrival,
        server_name: Option<&str>,
    ) -> (Option<ServiceName>, Mode) {
        if let Some(target) = arrival.tunnel.as_ref().filter(|target| !names(target, arrival.local))
        {
            let authority = without_default_port(target, Scheme::Https);
            return match self.named(&authority, Some(Scheme::Https)) {
                Some(service) => (service.scope.clone(), service.mode),
                None => (Some(ServiceName::new(&authority)), self.forward),
            };
        }
        let own = self.services.iter().find(|service| arrival.is_of(service));
        let by_listener = match own {
            Some(service) => (service.scope.clone(), service.mode),
            None => self.of_listener(arrival.listener),
        };
        let by_name = server_name.filter(|_| own.is_none());
        // The name comes without a port, whatever port the service is known by.
        let has = |service: &LiveService, name: &str| {
            service.hosts.iter().any(|own| host_of(own).eq_ignore_ascii_case(name))
        };
        match by_name.and_then(|name| self.services.iter().find(|service| has(service, name))) {
            Some(service) => (service.scope.clone(), service.mode),
            None if by_listener.0.is_some() => by_listener,
            None => (by_name.map(ServiceName::new), by_listener.1),
        }
    }
}
