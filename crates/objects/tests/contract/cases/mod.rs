//! The cases of the contract, and how a server gets all of them.

pub(crate) mod deleting;
pub(crate) mod listing;
pub(crate) mod multipart;
pub(crate) mod objects;
pub(crate) mod presigned;
pub(crate) mod reading;
pub(crate) mod refusals;

/// Runs every case on the server whose module is named, each in a folder of its own.
macro_rules! contract {
    ($server:ident) => {
        $crate::cases::on! { $server:
            deleting::many_objects_and_again,
            deleting::one_object_and_again,
            listing::a_prefix_is_a_beginning_and_no_folder,
            listing::pages_of_any_size_show_each_object_once,
            listing::keys_come_in_the_order_of_their_bytes,
            multipart::three_parts_make_an_object,
            multipart::completing_twice_does_no_harm,
            multipart::a_part_with_another_etag_is_refused,
            multipart::parts_out_of_order_are_refused,
            multipart::a_missing_part_is_refused,
            multipart::small_parts_are_refused,
            multipart::a_part_sent_again_replaces_the_first,
            multipart::the_length_of_a_part_is_signed,
            multipart::an_aborted_upload_is_gone,
            multipart::unfinished_uploads_are_listed_by_prefix,
            multipart::unfinished_uploads_come_in_pages,
            objects::what_is_written_is_read,
            objects::an_empty_object_is_an_object,
            objects::writing_again_replaces_content_and_type,
            objects::odd_keys_are_kept_apart,
            objects::a_key_may_have_1024_bytes,
            objects::a_key_may_be_the_beginning_of_another,
            presigned::a_put_takes_the_type_and_length_that_were_signed,
            presigned::a_put_stores_its_headers,
            presigned::another_type_does_not_match,
            presigned::another_length_does_not_match,
            presigned::a_body_that_breaks_off_is_no_object,
            presigned::what_follows_the_body_is_not_stored,
            presigned::an_altered_url_is_refused,
            presigned::an_expired_url_is_refused,
            presigned::a_url_is_for_one_method,
            presigned::a_url_is_for_one_host,
            presigned::write_once_creates_and_never_replaces,
            presigned::a_get_can_name_the_download,
            presigned::a_get_can_declare_another_type,
            presigned::odd_keys_survive_in_urls,
            reading::ranges_are_cut_out,
            reading::ranges_past_the_end_are_refused,
            reading::ranges_work_in_presigned_urls,
            reading::if_match_reads_only_the_version_that_was_meant,
            reading::what_is_larger_than_the_limit_is_not_read,
            reading::what_is_not_there_is_not_found,
            refusals::hostile_keys_never_leave_this_process,
            refusals::a_wrong_key_is_refused,
            refusals::a_probe_says_what_fails,
        }
    };
}

macro_rules! on {
    ($server:ident: $($theme:ident::$case:ident),+ $(,)?) => {
        mod $server {
            $(
                #[tokio::test]
                async fn $case() {
                    let place = $crate::servers::$server::place(stringify!($case)).await;
                    $crate::cases::$theme::$case(&place).await;
                }
            )+
        }
    };
}

pub(crate) use {contract, on};
