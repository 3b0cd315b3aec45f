//! The tools of a chat completion's request, and how the model is to use them.

use serde_json::{Map, Value, json};

use super::super::{Fields, RequestError};

const TOOLS: Option<&str> = Some("tools");
const TOOL_CHOICE: Option<&str> = Some("tool_choice");

/// Moves the tools of `fields` to `out`.
pub(super) fn tools(fields: &mut Fields, out: &mut Map<String, Value>) -> Result<(), RequestError> {
    let tools = fields.list("tools")?.into_iter().map(tool).collect::<Result<Vec<_>, _>>()?;
    let mut choice = fields.take("tool_choice").map(tool_choice).transpose()?;
    let parallel = fields.take("parallel_tool_calls");
    if parallel == Some(Value::Bool(false)) {
        let choice = choice.get_or_insert_with(|| json!({"type": "auto"}));
        if choice["type"] != "none" {
            choice["disable_parallel_tool_use"] = true.into();
        }
    }
    // Without tools there is nothing to choose from, which Anthropic's API refuses to hear.
    let forces = choice.as_ref().is_some_and(|choice| choice["type"] == "any" || choice["type"] == "tool");
    if tools.is_empty() && forces {
        return Err(fields.error("tool_choice", "asks for a call of a tool, and there are no tools"));
    }
    if !tools.is_empty() {
        out.insert("tools".into(), tools.into());
        out.extend(choice.map(|choice| ("tool_choice".to_owned(), choice)));
    }
    Ok(())
}

fn tool(tool: Value) -> Result<Value, RequestError> {
    let mut tool = Fields::of(tool, "tools[]", TOOLS)?;
    if tool.text("type")?.as_deref() != Some("function") {
        return Err(tool.error("type", "must be function: this model's provider takes no others"));
    }
    let function = tool.take("function").unwrap_or_default();
    tool.end()?;
    let mut function = Fields::of(function, "tools[].function", TOOLS)?;
    let mut out = Map::new();
    out.insert("name".into(), function.required_text("name")?.into());
    out.extend(function.text("description")?.map(|text| ("description".to_owned(), text.into())));
    let schema = function.take("parameters").unwrap_or_else(|| json!({"type": "object", "properties": {}}));
    out.insert("input_schema".into(), schema);
    out.extend(function.take("strict").map(|strict| ("strict".to_owned(), strict)));
    function.end()?;
    Ok(Value::Object(out))
}

fn tool_choice(choice: Value) -> Result<Value, RequestError> {
    let choice = match choice.as_str() {
        Some("none") => return Ok(json!({"type": "none"})),
        Some("auto") => return Ok(json!({"type": "auto"})),
        Some("required") => return Ok(json!({"type": "any"})),
        _ => choice,
    };
    let mut choice = Fields::of(choice, "tool_choice", TOOL_CHOICE)?;
    if choice.text("type")?.as_deref() != Some("function") {
        let complaint = "must be function: this model's provider cannot choose from a part of the tools";
        return Err(choice.error("type", complaint));
    }
    let function = choice.take("function").unwrap_or_default();
    choice.end()?;
    let mut function = Fields::of(function, "tool_choice.function", TOOL_CHOICE)?;
    let name = function.required_text("name")?;
    function.end()?;
    Ok(json!({"type": "tool", "name": name}))
}
