//! What the kinds of providers get that they alone need.

use super::*;
use crate::dialect::Verb;

/// Sends to a provider whose section, but for its name and key, is `provider`,
/// and returns how the request began and its body.
async fn sent(provider: &str, model: &str, request: UpstreamRequest) -> (String, String) {
    let server = Server::start(|connection| respond(connection, "200 OK", "{}"));
    let settings = settings_of(&provider.replace("HOST", &server.address.to_string()), model);
    let client = UpstreamClient::new(&settings.targets).unwrap();
    client.send(&target(&settings), request).await.unwrap();
    let request = server.requests().remove(0);
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

const ANTHROPIC: &str = "kind = \"anthropic\"\nbase_url = \"http://HOST/v1\"";
const AZURE: &str = "kind = \"azure\"\nbase_url = \"http://HOST\"";

#[tokio::test]
async fn anthropic_gets_its_key_version_and_the_callers_previews() {
    let betas = Betas::parse("interleaved-thinking-2025-05-14,context-1m-2025-08-07").unwrap();
    let asking = || UpstreamRequest { betas: betas.clone(), ..asked("messages/count_tokens", false) };
    let (head, body) = sent(ANTHROPIC, "claude", asking()).await;
    assert!(head.starts_with("POST /v1/messages/count_tokens HTTP/1.1\r\n"), "{head}");
    for line in [
        "x-api-key: sk-1",
        "anthropic-version: 2023-06-01",
        "anthropic-beta: interleaved-thinking-2025-05-14,context-1m-2025-08-07",
    ] {
        assert_eq!(head.lines().filter(|sent| *sent == line).count(), 1, "{line} in {head}");
    }
    assert!(!head.to_lowercase().contains("authorization"), "{head}");
    assert_eq!(body, r#"{"model":"claude","messages":[]}"#);
    let own = "headers = { \"anthropic-version\" = \"2099-01-01\", \"anthropic-beta\" = \"own-2025-01-01\" }";
    let (head, _) = sent(&format!("{ANTHROPIC}\n{own}"), "claude", asking()).await;
    assert!(head.contains("anthropic-version: 2099-01-01") && !head.contains("2023-06-01"), "{head}");
    let betas: Vec<&str> = head.lines().filter_map(|line| line.strip_prefix("anthropic-beta: ")).collect();
    assert_eq!(betas, ["own-2025-01-01", "interleaved-thinking-2025-05-14,context-1m-2025-08-07"]);
    let openai = "kind = \"openai\"\nbase_url = \"http://HOST/v1\"";
    let (head, _) = sent(openai, "m", UpstreamRequest { endpoint: "chat/completions", ..asking() }).await;
    assert!(!head.contains("anthropic"), "{head}");
}

#[tokio::test]
async fn azure_gets_the_deployment_in_the_path_that_its_version_has() {
    let versioned = format!("{AZURE}\napi_version = \"2024-10-21\"");
    let cases = [
        (AZURE, "chat/completions", "/openai/v1/chat/completions"),
        (AZURE, "responses", "/openai/v1/responses"),
        (&versioned, "chat/completions", "/openai/deployments/gpt%204%2Fo%3Fx/chat/completions?api-version=2024-10-21"),
        (&versioned, "embeddings", "/openai/deployments/gpt%204%2Fo%3Fx/embeddings?api-version=2024-10-21"),
        (&versioned, "responses", "/openai/responses?api-version=2024-10-21"),
    ];
    for (provider, endpoint, path) in cases {
        let (head, body) = sent(provider, "gpt 4/o?x", asked(endpoint, false)).await;
        assert!(head.starts_with(&format!("POST {path} HTTP/1.1\r\n")), "{head}");
        assert!(head.contains("\napi-key: sk-1\r"), "{head}");
        assert!(!head.to_lowercase().contains("authorization"), "{head}");
        assert_eq!(body, r#"{"model":"gpt 4/o?x","messages":[]}"#);
    }
    let settings = settings_of(&versioned.replace("HOST", "127.0.0.1:1"), "..");
    let client = UpstreamClient::new(&settings.targets).unwrap();
    let error = client.send(&target(&settings), asked("embeddings", false)).await.unwrap_err();
    assert!(matches!(error, UpstreamError::NoPath { .. }) && error.nothing_was_sent(), "{error:?}");
}

/// L53: what a path is made of stays one name of it, and a query holds what the
/// API defines.
#[tokio::test]
async fn stored_objects_are_called_by_their_path() {
    let server = Server::start(|connection| respond(connection, "200 OK", "{}"));
    let openai = format!("kind = \"openai\"\nbase_url = \"http://{}/v1\"", server.address);
    let azure =
        format!("kind = \"azure\"\nbase_url = \"http://{}\"\napi_version = \"2025-04-01-preview\"", server.address);
    let query = StoredQuery::parse([("limit", "2"), ("include[]", "reasoning.encrypted_content")]).unwrap();
    for provider in [openai, azure] {
        let settings = settings_of(&provider, "m");
        let client = UpstreamClient::new(&settings.targets).unwrap();
        let provider = settings.targets.provider("loop").unwrap();
        let call = async |verb, path: &[&str], query: &StoredQuery| client.fetch(provider, verb, path, query).await;
        call(Verb::Get, &["responses", "resp_1", "input_items"], &query).await.unwrap();
        call(Verb::Delete, &["responses", "a/../b?c#d"], &StoredQuery::default()).await.unwrap();
        call(Verb::Post, &["responses", "resp_1", "cancel"], &StoredQuery::default()).await.unwrap();
        for path in [&["responses", ".."][..], &["responses", ""], &["."]] {
            let error = call(Verb::Get, path, &query).await.unwrap_err();
            assert!(matches!(error, UpstreamError::NoPath { .. }), "{error:?}");
        }
    }
    let first_lines: Vec<String> =
        server.requests().iter().map(|request| request.lines().next().unwrap().to_owned()).collect();
    assert_eq!(
        first_lines,
        [
            "GET /v1/responses/resp_1/input_items?limit=2&include%5B%5D=reasoning.encrypted_content HTTP/1.1",
            "DELETE /v1/responses/a%2F..%2Fb%3Fc%23d HTTP/1.1",
            "POST /v1/responses/resp_1/cancel HTTP/1.1",
            "GET /openai/responses/resp_1/input_items?api-version=2025-04-01-preview&limit=2\
             &include%5B%5D=reasoning.encrypted_content HTTP/1.1",
            "DELETE /openai/responses/a%2F..%2Fb%3Fc%23d?api-version=2025-04-01-preview HTTP/1.1",
            "POST /openai/responses/resp_1/cancel?api-version=2025-04-01-preview HTTP/1.1",
        ]
    );
}

/// L31
#[tokio::test]
async fn every_kind_of_provider_is_greeted_where_it_lists_its_models() {
    let versioned = format!("{AZURE}\napi_version = \"2024-10-21\"");
    for (provider, path) in
        [(ANTHROPIC, "/v1/models"), (AZURE, "/openai/v1/models"), (&versioned, "/openai/models?api-version=2024-10-21")]
    {
        let server = Server::start(|connection| respond(connection, "200 OK", "{}"));
        let settings = settings_of(&provider.replace("HOST", &server.address.to_string()), "m");
        UpstreamClient::new(&settings.targets).unwrap().warm(&settings.targets).await;
        assert!(server.requests()[0].starts_with(&format!("GET {path} HTTP/1.1\r\n")), "{:?}", server.requests());
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn the_limits_of_anthropic_are_shown_and_the_account_is_not() {
    let server = Server::start(|connection| {
        let head = "200 OK\r\nrequest-id: req_1\r\nanthropic-ratelimit-input-tokens-reset: 1\r\n\
                    anthropic-organization-id: o";
        respond(connection, head, "{}");
    });
    let headers = send(server.address, "", false).await.unwrap().headers;
    let mut names: Vec<&str> = headers.keys().map(|name| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["anthropic-ratelimit-input-tokens-reset", "request-id"]);
}
