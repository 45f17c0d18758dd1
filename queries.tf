# Saved queries of CloudWatch Logs Insights, for whoever is on call or has to answer for a decision.
# What stands in capitals is to be replaced before a query runs.
locals {
  record_fields = "@timestamp, requestId, message, source_key, target_key, similarity, review_threshold, similarity_threshold, decision, error_type, error_message"

  saved_queries = {
    "access-errors" = <<-EOT
      fields ${local.record_fields}
      | filter error_type in ${jsonencode(local.error_types.access)}
      | sort @timestamp desc
      | limit 200
    EOT
    # The same crashes as the filter `crashes` in alarms.tf counts; the last two fields are theirs.
    "failures" = <<-EOT
      fields ${local.record_fields}, retryable, record.status, record.errorType
      | filter message = "face comparison failed" or (type = "platform.report" and (record.status = "timeout" or record.errorType like /^(Runtime|Sandbox)\./))
      | sort @timestamp desc
      | limit 200
    EOT
    # Near either side of a threshold, so that a review of the threshold sees both kinds of error.
    "near-misses" = <<-EOT
      fields ${local.record_fields}
      | filter message = "face comparison decided"
      | filter decision = "review" or abs(similarity - similarity_threshold) <= 10
      | sort @timestamp desc
      | limit 200
    EOT
    "photo"       = <<-EOT
      fields ${local.record_fields}, source_version_id, target_version_id
      | filter source_key = "KEY" or target_key = "KEY"
      | sort @timestamp asc
      | limit 1000
    EOT
    "request"     = <<-EOT
      fields @timestamp, message, type, source_key, source_version_id, target_key, target_version_id, similarity, similarity_threshold, decision, error_type, error_message, duration_ms, rekognition_request_id
      | filter requestId = "REQUEST-ID" or record.requestId = "REQUEST-ID"
      | sort @timestamp asc
      | limit 1000
    EOT
  }
}

resource "aws_cloudwatch_query_definition" "queries" {
  for_each = var.saved_queries ? local.saved_queries : {}

  # The slash makes a folder of them in the console.
  name            = "${var.name}/${each.key}"
  log_group_names = [aws_cloudwatch_log_group.function.name]
  query_string    = trimspace(each.value)
}
