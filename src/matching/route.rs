//! Which route of an API a request is to: its method and path, whatever ids are in it.

use super::noise;

/// Method and path, with `*` for segments that look like ids. Query and fragment are left out.
pub fn of(method: &str, target: &str) -> String {
    let path = target.split(['?', '#']).next().unwrap_or_default();
    let mut route = method.to_owned();
    for segment in path.split('/').skip(1) {
        route.push('/');
        route.push_str(if is_id(segment) { "*" } else { segment });
    }
    route
}

fn is_id(segment: &str) -> bool {
    let has_digit = || segment.bytes().any(|byte| byte.is_ascii_digit());
    // `v1` and `2024-01-01` are names of versions.
    let is_prefixed = || {
        segment
            .rsplit_once(['_', '-'])
            .is_some_and(|(_, id)| is_number(id) || noise::is_random_name(id))
    };
    is_number(segment) || noise::is_random_name(segment) || (has_digit() && is_prefixed())
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_stand_for_any() {
        for (target, route) in [
            ("/v1/charges/ch_3MmlLrLkdIwHu7ix0snN0B15?expand=a", "GET/v1/charges/*"),
            ("/api/v10/channels/41771983423143937/messages", "GET/api/v10/channels/*/messages"),
            ("/rest/api/3/issue/PROJ-123", "GET/rest/api/*/issue/*"),
            ("/users/550e8400-e29b-41d4-a716-446655440000/posts/7", "GET/users/*/posts/*"),
            ("/v1/users/me", "GET/v1/users/me"),
            ("/", "GET/"),
        ] {
            assert_eq!(of("GET", target), route);
        }
    }

    #[test]
    fn ids_in_paths_stand_for_any() {
        for (target, folded) in [
            ("/", "GET/"),
            ("/v1/charges?limit=3", "GET/v1/charges"),
            ("/v1/charges/123", "GET/v1/charges/*"),
            ("/v1/charges/ch_3MqZlPLkdIwHu7ix0sn8zFqW", "GET/v1/charges/*"),
            ("/users/2f1b7a5e-58cc-4372-a567-0e02b2c3d479/posts", "GET/users/*/posts"),
            ("/orders/order-1001", "GET/orders/*"),
            ("/repos/rust-lang/rust/issues", "GET/repos/rust-lang/rust/issues"),
        ] {
            assert_eq!(of("GET", target), folded, "{target}");
        }
    }
}
