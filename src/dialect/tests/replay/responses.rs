//! A response from its events, as OpenAI's own clients put it together. What an
//! event tells as a whole must be what the pieces before it made.

use serde_json::{Value, json};

pub(super) fn add(answer: &mut Value, mut event: Value) {
    let kind = event["type"].as_str().unwrap().to_owned();
    match kind.strip_prefix("response.").unwrap_or(&kind) {
        "created" | "in_progress" => *answer = event["response"].take(),
        "completed" | "incomplete" | "failed" => {
            assert_eq!(answer["output"], event["response"]["output"]);
            *answer = event["response"].take();
        }
        "error" => {
            let fields = event.as_object_mut().unwrap();
            fields.retain(|name, _| name != "type" && name != "sequence_number");
            answer["error"] = event;
        }
        "output_item.added" => list(&mut answer["output"]).push(event["item"].take()),
        "output_item.done" => {
            let item = item_of(answer, &event);
            for (name, value) in event["item"].as_object().unwrap() {
                let is_text = matches!(name.as_str(), "content" | "summary" | "arguments" | "input");
                assert!(!is_text || item[name] == *value, "{} is not {value}", item[name]);
            }
            *item = event["item"].take();
        }
        "content_part.added" => list(&mut item_of(answer, &event)["content"]).push(event["part"].take()),
        "reasoning_summary_part.added" => list(&mut item_of(answer, &event)["summary"]).push(event["part"].take()),
        "content_part.done" | "reasoning_summary_part.done" => assert_eq!(*part_of(answer, &event), event["part"]),
        of_text => {
            let (what, step) = of_text.rsplit_once('.').unwrap();
            let field = match what {
                "output_text" | "reasoning_summary_text" => "text",
                "refusal" => "refusal",
                "function_call_arguments" => "arguments",
                "custom_tool_call_input" => "input",
                other => panic!("{other}"),
            };
            let text = &mut part_of(answer, &event)[field];
            match step {
                "delta" => *text = (text.as_str().unwrap().to_owned() + event["delta"].as_str().unwrap()).into(),
                _ => assert_eq!(*text, event[field]),
            }
        }
    }
}

fn item_of<'a>(answer: &'a mut Value, event: &Value) -> &'a mut Value {
    &mut answer["output"][event["output_index"].as_u64().unwrap() as usize]
}

/// The part that an event continues; the item itself where it has no parts.
fn part_of<'a>(answer: &'a mut Value, event: &Value) -> &'a mut Value {
    let item = item_of(answer, event);
    let index = |name: &str| event[name].as_u64().map(|index| index as usize);
    match (index("content_index"), index("summary_index")) {
        (Some(index), _) => &mut item["content"][index],
        (_, Some(index)) => &mut item["summary"][index],
        _ => item,
    }
}

fn list(value: &mut Value) -> &mut Vec<Value> {
    if value.is_null() {
        *value = json!([]);
    }
    value.as_array_mut().unwrap()
}
