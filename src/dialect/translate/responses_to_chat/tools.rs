//! Tools and the choice among them: flat in Responses, nested in chat.

use serde_json::{Map, Value, json};

use super::super::Fields;
use crate::dialect::RequestError;

const BUILT_IN: &str = "names a tool that this model's provider does not have: it takes functions and custom tools";

/// The tools of a request.
pub(super) fn tools(tools: Vec<Value>, chat: &mut Map<String, Value>) -> Result<(), RequestError> {
    if !tools.is_empty() {
        let tools = tools.into_iter().map(tool).collect::<Result<Vec<_>, _>>()?;
        chat.insert("tools".into(), tools.into());
    }
    Ok(())
}

fn tool(tool: Value) -> Result<Value, RequestError> {
    let mut tool = Fields::of(tool, "tools[]", Some("tools"))?;
    tool.leave_out_if("defer_loading", |defer| *defer == false);
    tool.leave_out_if("allowed_callers", |callers| *callers == json!(["direct"]));
    tool.leave_out_if("async", |later| *later == false);
    let mut mapped = Map::new();
    tool.keep(&["name", "description"], &mut mapped);
    let kind = tool.required_text("type")?;
    match kind.as_str() {
        "function" => tool.keep(&["parameters", "strict"], &mut mapped),
        "custom" => {
            if let Some(format) = tool.take("format") {
                mapped.insert("format".into(), input_format(format)?);
            }
        }
        _ => return Err(tool.error("type", BUILT_IN)),
    }
    tool.end()?;
    Ok(json!({"type": kind, kind: mapped}))
}

fn input_format(format: Value) -> Result<Value, RequestError> {
    let mut format = Fields::of(format, "tools[].format", Some("tools"))?;
    let kind = format.required_text("type")?;
    let mut mapped = Map::from_iter([("type".into(), kind.as_str().into())]);
    if kind == "grammar" {
        let mut grammar = Map::new();
        format.keep(&["syntax", "definition"], &mut grammar);
        mapped.insert(kind, grammar.into());
    }
    format.end().and(Ok(mapped.into()))
}

/// Which tool the model is to call.
pub(super) fn choice(choice: Option<Value>, chat: &mut Map<String, Value>) -> Result<(), RequestError> {
    let Some(choice) = choice else { return Ok(()) };
    let choice = match &choice {
        Value::Object(fields) if fields.get("type").is_some_and(|kind| kind == "allowed_tools") => allowed(choice)?,
        Value::Object(_) => named(choice)?,
        _ => choice,
    };
    chat.insert("tool_choice".into(), choice);
    Ok(())
}

fn allowed(choice: Value) -> Result<Value, RequestError> {
    let mut choice = Fields::of(choice, "tool_choice", Some("tool_choice"))?;
    choice.leave_out(&["type"]);
    let mut allowed = Map::new();
    choice.keep(&["mode"], &mut allowed);
    let tools = choice.list("tools")?.into_iter().map(named).collect::<Result<Vec<_>, _>>()?;
    allowed.insert("tools".into(), tools.into());
    choice.end()?;
    Ok(json!({"type": "allowed_tools", "allowed_tools": allowed}))
}

/// A tool by its name.
fn named(tool: Value) -> Result<Value, RequestError> {
    let mut tool = Fields::of(tool, "tool_choice", Some("tool_choice"))?;
    let kind = tool.required_text("type")?;
    if !matches!(kind.as_str(), "function" | "custom") {
        return Err(tool.error("type", BUILT_IN));
    }
    let name = tool.required_text("name")?;
    tool.end()?;
    Ok(json!({"type": kind.as_str(), kind.as_str(): {"name": name}}))
}
