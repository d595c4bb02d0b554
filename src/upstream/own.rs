//! Calls of ringer to itself: which addresses are its own, and for whom it calls them.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use parking_lot::{Mutex, RwLock};
use tokio::net::TcpStream;

use crate::model::SessionName;

/// Addresses that ringer listens on itself, as of now.
#[derive(Clone, Debug, Default)]
pub struct OwnAddresses(Arc<RwLock<Vec<SocketAddr>>>);

impl OwnAddresses {
    /// Takes in an address that is listened on from now on.
    pub fn add(&self, address: SocketAddr) {
        self.0.write().push(address);
    }

    /// Forgets one that is not any more.
    pub fn remove(&self, address: SocketAddr) {
        let mut addresses = self.0.write();
        if let Some(at) = addresses.iter().position(|own| *own == address) {
            addresses.swap_remove(at);
        }
    }

    /// Whether a call to this port may be one to ringer itself.
    pub fn may_be_at(&self, port: u16) -> bool {
        self.0.read().iter().any(|own| own.port() == port)
    }

    /// Whether the other end of a connection is one of ringer's own listeners.
    pub(super) fn lead(&self, tcp: &TcpStream) -> bool {
        let (Ok(peer), Ok(local)) = (tcp.peer_addr(), tcp.local_addr()) else {
            return false;
        };
        self.0.read().iter().any(|own| {
            own.port() == peer.port()
                && (own.ip() == peer.ip() || (own.ip().is_unspecified() && peer.ip() == local.ip()))
        })
    }
}

/// For whom ringer calls itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnBehalf {
    /// The session of the request that led to the call.
    pub session: SessionName,
    /// How many calls of ringer to itself led to this one, itself included.
    pub depth: u32,
}

/// ringer's calls to itself that are under way. Nothing on the wire tells of them: a call is known by the
/// address that it comes from.
#[derive(Debug)]
pub struct OwnCalls {
    /// Where ringer can be called.
    pub addresses: OwnAddresses,
    /// So that a request costs no lock while there are none.
    count: AtomicUsize,
    under_way: Mutex<HashMap<SocketAddr, OnBehalf>>,
}

impl OwnCalls {
    /// None yet, to these addresses.
    pub fn to(addresses: OwnAddresses) -> Arc<Self> {
        Arc::new(Self { addresses, count: AtomicUsize::new(0), under_way: Mutex::default() })
    }

    /// For whom a request comes from this address; `None` for one that ringer has not sent.
    pub fn from(&self, peer: SocketAddr) -> Option<OnBehalf> {
        if self.count.load(Ordering::Acquire) == 0 {
            return None;
        }
        self.under_way.lock().get(&canonical(peer)).cloned()
    }
}

fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// A call that may be one to ringer itself, until it is dropped.
#[derive(Debug)]
pub struct OwnCall {
    calls: Arc<OwnCalls>,
    on_behalf: OnBehalf,
    from: Mutex<Option<SocketAddr>>,
}

impl OwnCall {
    /// A call that is to be made.
    pub fn new(calls: &Arc<OwnCalls>, on_behalf: OnBehalf) -> Arc<Self> {
        Arc::new(Self { calls: Arc::clone(calls), on_behalf, from: Mutex::default() })
    }

    /// Has it known from here on, before anything is sent on its connection.
    pub(super) fn goes_by(&self, tcp: &TcpStream) {
        if let Ok(local) = tcp.local_addr() {
            let local = canonical(local);
            let before = self.from.lock().replace(local);
            self.forget(before);
            self.calls.under_way.lock().insert(local, self.on_behalf.clone());
            self.calls.count.fetch_add(1, Ordering::Release);
        }
    }

    fn forget(&self, from: Option<SocketAddr>) {
        if let Some(from) = from {
            self.calls.under_way.lock().remove(&from);
            self.calls.count.fetch_sub(1, Ordering::Release);
        }
    }
}

impl Drop for OwnCall {
    fn drop(&mut self) {
        let from = self.from.lock().take();
        self.forget(from);
    }
}
