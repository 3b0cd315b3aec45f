//! A client of Cordon's.

use serde_json::Value;

use super::{PATIENCE, Reply};

/// A tenant with a key, and a connection pool of its own.
#[derive(Clone)]
pub struct Caller {
    pub tenant: String,
    pub key: String,
    http: reqwest::Client,
    url: String,
}

impl Caller {
    pub(super) fn new(tenant: String, key: String, url: String) -> Caller {
        // An error says that it is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().timeout(PATIENCE).tls_certs_only([]).build().unwrap();
        Caller { tenant, key, http, url }
    }

    /// A request that can still be changed.
    pub fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url)).bearer_auth(&self.key)
    }

    /// A chat completion that can still be changed.
    pub fn completion(&self, body: &Value) -> reqwest::RequestBuilder {
        self.posting("/v1/chat/completions", body)
    }

    /// A request with a JSON body that can still be changed.
    pub fn posting(&self, path: &str, body: &Value) -> reqwest::RequestBuilder {
        let request = self.request(reqwest::Method::POST, path);
        request.header("content-type", "application/json").body(body.to_string())
    }

    /// Posts a JSON body and reads the answer to its end.
    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        read(self.posting(path, body)).await
    }

    /// Asks for a chat completion and reads the answer to its end.
    pub async fn chat(&self, body: &Value) -> Reply {
        read(self.completion(body)).await
    }

    /// Gets `path`.
    pub async fn get(&self, path: &str) -> Reply {
        read(self.request(reqwest::Method::GET, path)).await
    }
}

/// Sends `request` and reads the answer to its end.
pub async fn read(request: reqwest::RequestBuilder) -> Reply {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Reply { status, headers, body: response.bytes().await.unwrap() }
}
