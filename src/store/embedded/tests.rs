use super::*;
use crate::store::testing::fresh_home;
use crate::store::{self, DatabaseConfig};

fn config(home: &Path, when_in_use: WhenInUse) -> DatabaseConfig {
    DatabaseConfig { url: None, home: home.to_owned(), connections_max: 4, when_in_use }
}

async fn ask(store: &store::Store) -> i32 {
    sqlx::query_scalar("SELECT 42").fetch_one(&store.pool).await.unwrap()
}

#[tokio::test]
async fn a_second_server_is_refused_a_command_attaches_and_a_stopped_home_opens_again() {
    let home = fresh_home();
    let serve = store::open(config(&home, WhenInUse::Refuse)).await.unwrap();
    assert_eq!(ask(&serve).await, 42);
    let refused = store::open(config(&home, WhenInUse::Refuse)).await.err().unwrap().to_string();
    assert!(refused.contains(&format!("another cordon (pid {})", std::process::id())), "{refused}");
    let command = store::open(config(&home, WhenInUse::Attach)).await.unwrap();
    assert_eq!(ask(&command).await, 42);
    command.close().await;
    assert_eq!(ask(&serve).await, 42);
    serve.close().await;
    let again = store::open(config(&home, WhenInUse::Attach)).await.unwrap();
    assert_eq!(ask(&again).await, 42);
    again.close().await;
    std::fs::remove_dir_all(&home).unwrap();
}

#[tokio::test]
async fn each_test_gets_a_database_of_its_own() {
    let (one, other) = (store::testing::fresh_store().await, store::testing::fresh_store().await);
    sqlx::query("INSERT INTO tenant (name) VALUES ('acme')").execute(&one.pool).await.unwrap();
    let count = |pool| sqlx::query_scalar::<_, i64>("SELECT count(*) FROM tenant").fetch_one(pool);
    assert_eq!((count(&one.pool).await.unwrap(), count(&other.pool).await.unwrap()), (1, 0));
}
