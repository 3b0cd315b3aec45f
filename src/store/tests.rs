mod guards;
mod roles;

use sqlx::ConnectOptions;

use super::testing::fresh_store;
use super::*;

const PASSWORD: &str = "s3cret-of-the-operator";

/// What opening the database at `url` says.
async fn refusal(url: &str) -> String {
    let url = Some(DatabaseUrl { variable: "CORDON_DB".into(), url: SecretString::from(url) });
    let config = DatabaseConfig { url, home: PathBuf::new(), connections_max: 2, when_in_use: WhenInUse::Refuse };
    open(config).await.err().unwrap().to_string()
}

#[tokio::test]
async fn a_database_that_cannot_be_reached_is_named_with_the_cause() {
    let store = fresh_store().await;
    let options = store.connect_options().clone();
    let socket = options.get_socket().unwrap().display().to_string();
    let of = |options: PgConnectOptions| options.to_url_lossy().to_string();
    let cases = [
        (format!("postgres://cordon:{PASSWORD}@127.0.0.1:1/cordon"), vec!["127.0.0.1, port 1", "connection refused"]),
        (format!("postgres://cordon:{PASSWORD}@no-such-host.invalid/cordon"), vec!["no-such-host.invalid, port 5432"]),
        (of(options.clone().password(PASSWORD)), vec![&*socket, "authentication failed", "user and password"]),
        (of(options.clone().database("nowhere")), vec![&*socket, "no such database", "nowhere"]),
    ];
    for (url, words) in cases {
        let said = refusal(&url).await;
        for word in ["cannot connect to the database", "CORDON_DB"].iter().chain(&words) {
            assert!(said.contains(word), "{word:?} is not in: {said}");
        }
        assert!(!said.contains(PASSWORD) && !said.contains("pool"), "{said}");
    }
}

/// What is in front of the `@` of a URL that was not encoded may be the password.
#[tokio::test]
async fn a_url_that_is_none_is_not_repeated() {
    for url in [
        "",
        "localhost/cordon",
        "mysql://cordon:4321@localhost/cordon",
        "postgres://cordon:4321/0@localhost/cordon",
        "postgres://cordon:4321#0@localhost/cordon",
        "postgres://cordon:4321?0@localhost/cordon",
        "postgres://cordon:4321@localhost:port/cordon",
    ] {
        let said = refusal(url).await;
        assert!(said.contains("CORDON_DB is not a PostgreSQL URL") && !said.contains("4321"), "{url}: {said}");
    }
}
