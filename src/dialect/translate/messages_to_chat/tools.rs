//! The tools of a messages request, and how the model is to use them.

use serde_json::{Map, Value, json};

use super::super::{Fields, RequestError};

const TOOLS: Option<&str> = Some("tools");
const TOOL_CHOICE: Option<&str> = Some("tool_choice");

/// Moves the tools of `fields` to `out`.
pub(super) fn tools(fields: &mut Fields, out: &mut Map<String, Value>) -> Result<(), RequestError> {
    let tools = fields.list("tools")?.into_iter().map(tool).collect::<Result<Vec<_>, _>>()?;
    if !tools.is_empty() {
        out.insert("tools".into(), tools.into());
    }
    let Some(choice) = fields.take("tool_choice") else { return Ok(()) };
    let mut choice = Fields::of(choice, "tool_choice", TOOL_CHOICE)?;
    let chosen = match choice.required_text("type")?.as_str() {
        "auto" => json!("auto"),
        "any" => json!("required"),
        "none" => json!("none"),
        "tool" => json!({"type": "function", "function": {"name": choice.required_text("name")?}}),
        _ => return Err(choice.error("type", "must be auto, any, tool or none")),
    };
    out.insert("tool_choice".into(), chosen);
    if choice.take("disable_parallel_tool_use") == Some(Value::Bool(true)) {
        out.insert("parallel_tool_calls".into(), false.into());
    }
    choice.end()
}

fn tool(tool: Value) -> Result<Value, RequestError> {
    let mut tool = Fields::of(tool, "tools[]", TOOLS)?;
    if tool.text("type")?.is_some_and(|kind| kind != "custom") {
        let complaint = "must be custom: the tools that Anthropic runs are not there at this model's provider";
        return Err(tool.error("type", complaint));
    }
    let mut function = Map::new();
    function.insert("name".into(), tool.required_text("name")?.into());
    function.extend(tool.text("description")?.map(|text| ("description".to_owned(), text.into())));
    let missing = tool.error("input_schema", "is missing");
    function.insert("parameters".into(), tool.take("input_schema").ok_or(missing)?);
    function.extend(tool.take("strict").map(|strict| ("strict".to_owned(), strict)));
    // Hints for speed and price.
    tool.leave_out(&["cache_control", "eager_input_streaming"]);
    // What a chat's tools are anyway.
    tool.leave_out_if("defer_loading", |defer| *defer == false);
    tool.leave_out_if("allowed_callers", |callers| *callers == json!(["direct"]));
    tool.end()?;
    Ok(json!({"type": "function", "function": function}))
}
