//! What ringer does, seen from outside: real sockets, real TLS, real clients and servers, the real
//! program. One file a capability; `support` holds the other ends of the wires.

#[cfg(test)]
mod admin_behaviors;
#[cfg(test)]
mod admin_details;
#[cfg(test)]
mod admin_origins;
#[cfg(test)]
mod admin_requests;
#[cfg(test)]
mod admin_stubs;
#[cfg(test)]
mod bandwidth;
#[cfg(test)]
mod behavior_settings;
#[cfg(test)]
mod behaviors;
#[cfg(test)]
mod bounds;
#[cfg(test)]
mod check;
#[cfg(test)]
mod cli;
#[cfg(test)]
mod clients;
#[cfg(test)]
mod clock;
#[cfg(test)]
mod connect_faults;
#[cfg(test)]
mod connect_rules;
#[cfg(test)]
mod corners;
#[cfg(test)]
mod ctl;
#[cfg(test)]
mod ctl_session;
#[cfg(test)]
mod events;
#[cfg(test)]
mod explain;
mod fast_path;
#[cfg(test)]
mod fault_bytes;
#[cfg(test)]
mod fault_clients;
#[cfg(test)]
mod fault_corners;
#[cfg(test)]
mod fault_frames;
#[cfg(test)]
mod fault_grpc;
#[cfg(test)]
mod fault_names;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod http1_wire;
#[cfg(test)]
mod journal;
#[cfg(test)]
mod latency;
#[cfg(test)]
mod limit_clients;
#[cfg(test)]
mod limit_corners;
#[cfg(test)]
mod listener;
#[cfg(test)]
mod metrics;
#[cfg(test)]
mod openapi;
#[cfg(test)]
mod own_calls;
#[cfg(test)]
mod proxy_stubs;
#[cfg(test)]
mod rate_limits;
#[cfg(test)]
mod record;
#[cfg(test)]
mod record_answers;
#[cfg(test)]
mod record_mappings;
#[cfg(test)]
mod record_matching;
#[cfg(test)]
mod record_streams;
#[cfg(test)]
mod recordings;
#[cfg(test)]
mod replay;
#[cfg(test)]
mod scenarios;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod security;
#[cfg(test)]
mod security_paths;
#[cfg(test)]
mod session_apart;
#[cfg(test)]
mod session_behaviors;
#[cfg(test)]
mod session_listeners;
#[cfg(test)]
mod session_names;
#[cfg(test)]
mod session_record;
#[cfg(test)]
mod session_state;
#[cfg(test)]
mod session_stubs;
#[cfg(test)]
mod sessions;
#[cfg(test)]
mod streaming;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tail;
#[cfg(test)]
mod template_values;
#[cfg(test)]
mod templates;
#[cfg(test)]
mod traces;
#[cfg(test)]
mod upstream;
#[cfg(test)]
mod upstream_failures;
#[cfg(test)]
mod verification;
#[cfg(test)]
mod virtual_days;
#[cfg(test)]
mod ways;
#[cfg(test)]
mod webhooks;
#[cfg(test)]
mod wiremock_clients;
#[cfg(test)]
mod wiremock_proxying;
#[cfg(test)]
mod wiremock_responses;
#[cfg(test)]
mod wiremock_rust_client;
