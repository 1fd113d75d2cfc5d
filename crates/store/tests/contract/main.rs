//! The contract of a database: every test runs on PostgreSQL and on SQLite, each time on a database of its own.
//!
//! A test is an `async fn(&Db)`. Listing it below registers it for both.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

mod accounts;
mod callbacks;
mod library;
mod lists;
mod open;
mod playback;
mod publishing;
mod queue;
mod queue_races;
mod races;
mod rescue;
mod sessions;
mod support;
mod transitions;
mod upkeep;
mod uploads;
#[expect(dead_code, reason = "the crash test uses the rest")]
mod work;

macro_rules! contract {
    ($($module:ident: $($test:ident),+;)+) => {
        mod postgres {
            $(mod $module {
                $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    let db = crate::support::Db::postgres().await;
                    crate::$module::$test(&db).await;
                    db.remove().await;
                })+
            })+
        }
        mod sqlite {
            $(mod $module {
                $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    let db = crate::support::Db::sqlite().await;
                    crate::$module::$test(&db).await;
                    db.remove().await;
                })+
            })+
        }
    };
}

contract! {
    accounts:
        an_address_is_taken_in_any_case,
        only_the_first_may_register,
        a_new_password_ends_the_other_sessions,
        of_two_changes_of_a_password_the_second_is_too_late,
        the_disabled_are_locked_out_until_enabled,
        a_deleted_user_is_gone_at_once_and_the_row_with_the_last_upload,
        verbs_on_nobody_find_nobody;
    sessions:
        a_token_is_rotated_once,
        the_predecessor_is_accepted_for_thirty_seconds,
        an_old_token_revokes_the_session,
        sessions_end,
        a_login_with_a_password_that_was_changed_meanwhile_fails,
        what_is_over_is_purged;
    uploads:
        what_is_reserved_can_be_read,
        nobody_else_reaches_an_upload,
        no_more_than_so_many_are_under_way,
        urls_and_parts_are_noted_while_uploading_only,
        settling_queues_one_job,
        another_size_fails_the_upload,
        settling_is_refused_once_it_is_over,
        a_transfer_fails_once,
        the_sweeper_finds_what_was_left,
        the_abandoned_fail,
        later_jobs_of_one_user_rank_lower;
    library:
        names_are_changed_and_found,
        a_delete_hides_and_can_be_taken_back,
        a_delete_is_final_after_its_grace,
        retry_needs_an_end_and_a_source,
        cancelling_ends_the_work,
        cancelling_a_rerun_leaves_what_is_published,
        what_is_not_under_way_cannot_be_cancelled;
    playback:
        only_what_is_published_plays,
        playback_is_noted_with_some_slack,
        a_rerun_does_not_stop_playback;
    lists:
        every_order_pages_through_all,
        pages_hold_while_uploads_come_and_go,
        searches_are_text,
        states_are_filtered,
        a_cursor_belongs_to_its_order,
        changes_are_found_with_progress,
        the_unfinished_are_listed;
    upkeep:
        due_deletions_call_off_the_work,
        only_old_failures_without_a_tree_are_purged,
        a_row_goes_last,
        trees_that_nobody_plays_are_purged,
        owners_are_told_apart,
        one_holder_at_a_time_has_the_lease,
        a_deployment_keeps_its_first_id,
        it_answers_until_it_is_closed;
    transitions:
        verbs_follow_the_table_of_transitions;
    races:
        first_registrations_at_once_yield_one_account,
        changes_of_a_password_at_once_change_it_once,
        rotations_at_once_rotate_once,
        reservations_at_once_respect_the_limit,
        settling_from_three_sides_queues_one_job,
        cancelling_and_settling_at_once_leave_one_outcome,
        retries_at_once_queue_one_job,
        deleting_a_user_leaves_no_upload_reserved_meanwhile,
        leases_asked_for_at_once_are_given_to_one,
        cleaners_at_once_start_each_deletion_once;
    publishing:
        a_superseded_tree_stays_as_long_as_it_may_be_playing,
        a_superseded_tree_that_nobody_played_waits_for_its_puts,
        grants_never_shorten_what_was_granted,
        a_second_run_that_fails_leaves_the_first_playing,
        what_the_owner_wrote_stays,
        hostile_names_are_stored_as_text,
        hostile_failures_are_stored_as_text;
    queue:
        an_empty_queue_has_nothing_due,
        jobs_go_by_priority_then_rank_then_age,
        places_are_counted_in_the_order_of_claims,
        a_thousand_jobs_of_one_user_hold_nobody_up,
        a_claim_leaves_the_upload_queued,
        the_cap_holds_whatever_place_is_drawn,
        an_attempt_that_ends_makes_room,
        a_cap_that_is_reached_is_said_only_if_something_is_due,
        an_execution_is_noted_once,
        a_refused_launch_costs_nothing,
        only_what_is_being_launched_can_be_refused,
        launches_keep_their_pace,
        the_queue_in_figures;
    callbacks:
        a_job_goes_all_the_way,
        whoever_has_no_right_is_turned_away,
        nothing_comes_before_the_start,
        a_start_can_be_repeated_by_the_same_worker_only,
        a_repeated_start_renews_the_lease,
        a_stale_attempt_changes_nothing,
        a_finish_can_be_repeated_but_not_changed,
        a_permanent_failure_ends_the_job_at_once,
        transient_failures_are_tried_again_five_times,
        handing_back_costs_nothing,
        a_late_attempt_that_nobody_rescued_goes_on,
        who_was_called_off_is_told_to_stop,
        a_hidden_upload_can_finish_and_be_restored;
    rescue:
        a_silent_worker_loses_its_attempt,
        five_lost_leases_end_a_job,
        lost_leases_and_transient_errors_share_the_budget,
        a_launch_that_never_starts_is_a_wait,
        launches_that_never_start_leave_the_budget_alone,
        a_busy_worker_ends_at_the_deadline,
        what_is_alive_or_over_is_left_alone,
        a_rescue_takes_the_longest_lost_first_and_no_more_than_asked,
        nobody_waits_for_ever;
    queue_races:
        no_job_is_claimed_twice_and_none_is_lost,
        two_servers_together_keep_the_cap,
        two_servers_together_keep_the_pace,
        of_finish_and_rescue_one_wins,
        of_heartbeat_and_rescue_one_wins,
        of_finish_and_cancel_one_wins,
        of_finish_and_delete_the_delete_remains,
        of_claim_and_cancel_nothing_stays_in_flight,
        of_start_and_cancel_nothing_stays_in_flight,
        of_two_workers_one_may_start,
        two_rescuers_rescue_each_job_once,
        of_claim_and_timeout_one_wins;
    open:
        opening_again_changes_nothing,
        a_newer_database_is_refused,
        a_schema_that_was_tampered_with_is_refused;
}
