//! The whole service from outside: real processes, the public API, both databases.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod flow;
mod lifecycle;
mod restarts;
mod sharing;
mod support;

/// Each test once with nothing configured, and once on PostgreSQL.
macro_rules! on_both {
    ($($module:ident: $($test:ident),+;)+) => {
        mod embedded {
            $(mod $module {$(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    crate::$module::$test(crate::support::Database::embedded()).await;
                }
            )+})+
        }
        mod postgres {
            $(mod $module {$(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    crate::$module::$test(crate::support::Database::postgres()).await;
                }
            )+})+
        }
    };
}

on_both! {
    flow:
        a_file_becomes_a_stream,
        an_interrupted_transfer_goes_on_where_it_stopped;
    lifecycle:
        work_is_called_off_and_done_again,
        a_delete_can_be_taken_back_until_it_is_final,
        a_listener_plays_on_while_the_upload_is_packaged_again,
        what_is_no_audio_fails_for_a_reason;
    restarts:
        a_terminated_server_takes_the_work_back,
        workers_outlive_a_killed_server;
}
