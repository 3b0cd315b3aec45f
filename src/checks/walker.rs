use serde_json::Value;

use super::{seals, with_seed};
use crate::dialect::{Dialect, Request};
use crate::scrub::Document;

const MARKER: &str = "planted by nobody, maria@example.com";

/// What is compared with what Cordon knows, which is not the marker.
const CHECKED: [&str; 2] = ["model", "previous_response_id"];

/// A request that is taken apart and put together with the same texts is the same,
/// and a string put anywhere into it is shown, or the request is refused.
pub fn walker_holds(data: &[u8]) {
    let (bytes, seed) = with_seed(data);
    let Ok(body) = serde_json::from_slice::<Value>(bytes) else { return };
    for dialect in Dialect::all() {
        if let Ok(request) = Request::parse(dialect, bytes, Some(&seals())) {
            let texts = request.slots().iter().map(|slot| slot.text.clone()).collect();
            assert_eq!(request.rebuild(texts), body, "{}", dialect.name);
        }
        assert_shows_what_is_planted(dialect, &body, seed);
    }
}

fn assert_shows_what_is_planted(dialect: &'static Dialect, body: &Value, seed: u8) {
    let mut planted = body.clone();
    let Value::Object(fields) = &mut planted else { return };
    let checked: Vec<_> = CHECKED.iter().filter_map(|name| fields.remove_entry(*name)).collect();
    let mut place = usize::from(seed);
    if !plant(&mut planted, &mut place) {
        return;
    }
    planted.as_object_mut().into_iter().for_each(|fields| fields.extend(checked.clone()));
    let Ok(request) = Request::parse(dialect, planted.to_string().as_bytes(), Some(&seals())) else { return };
    let is_shown = request.slots().iter().any(|slot| slot.text.contains(MARKER));
    assert!(is_shown || !request.unscannable().is_empty(), "{}: {planted} hides the marker", dialect.name);
}

/// Puts the marker in the place of the `place`-th string, number or key; false when
/// there are fewer.
fn plant(value: &mut Value, place: &mut usize) -> bool {
    let is_here = |place: &mut usize| {
        let is_here = *place == 0;
        *place = place.wrapping_sub(1);
        is_here
    };
    match value {
        Value::String(_) | Value::Number(_) if is_here(place) => {
            *value = MARKER.into();
            true
        }
        Value::Array(items) => items.iter_mut().any(|item| plant(item, place)),
        Value::Object(fields) => {
            let key = fields.keys().find(|_| is_here(place)).cloned();
            if let Some(held) = key.and_then(|key| fields.remove(&key)) {
                fields.insert(MARKER.into(), held);
                return true;
            }
            fields.values_mut().any(|value| plant(value, place))
        }
        _ => false,
    }
}
