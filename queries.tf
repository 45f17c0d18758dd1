# Saved queries of CloudWatch Logs Insights, for people on call and for people who have to explain a decision. Replace
# the words in capitals before you run a query.
locals {
  record_fields = join(", ", [
    "@timestamp", "requestId", "message", "source_key", "target_key", "similarity", "review_threshold",
    "similarity_threshold", "decision", "error_type", "error_message",
  ])

  request_fields = join(", ", [
    "@timestamp", "message", "type", "source_key", "source_version_id", "target_key", "target_version_id",
    "similarity", "similarity_threshold", "decision", "error_type", "error_message", "duration_ms",
    "rekognition_request_id",
  ])

  # The crashes that local.crash_pattern counts.
  crash_condition = join(" and ", [
    "type = \"platform.report\"",
    "(record.status = \"timeout\" or record.errorType like /^(Runtime|Sandbox)\\./)",
  ])

  saved_queries = {
    "access-errors" = <<-EOT
      fields ${local.record_fields}
      | filter error_type in ${jsonencode(local.error_types.access)}
      | sort @timestamp desc
      | limit 200
    EOT
    # The last two fields are those of crashes.
    "failures" = <<-EOT
      fields ${local.record_fields}, retryable, record.status, record.errorType
      | filter message = "face comparison failed" or (${local.crash_condition})
      | sort @timestamp desc
      | limit 200
    EOT
    "image"    = <<-EOT
      fields ${local.record_fields}, source_version_id, target_version_id
      | filter source_key = "KEY" or target_key = "KEY"
      | sort @timestamp asc
      | limit 1000
    EOT
    # On both sides of a threshold, so that a review of the threshold sees both kinds of error.
    "near-misses" = <<-EOT
      fields ${local.record_fields}
      | filter message = "face comparison decided"
      | filter decision = "review" or abs(similarity - similarity_threshold) <= 10
      | sort @timestamp desc
      | limit 200
    EOT
    "request"     = <<-EOT
      fields ${local.request_fields}
      | filter requestId = "REQUEST-ID" or record.requestId = "REQUEST-ID"
      | sort @timestamp asc
      | limit 1000
    EOT
    # By the latest record of each image, so that images which were decided later are not among them.
    "without-reference" = <<-EOT
      fields @timestamp, coalesce(error_type, message) as state
      | filter ispresent(target_key)
      | stats latest(state) as latest_state, max(@timestamp) as latest_at by target_key
      | filter latest_state in ["image waits for a reference", "ReferenceNotFoundError"]
      | sort latest_at desc
      | limit 1000
    EOT
  }
}

resource "aws_cloudwatch_query_definition" "saved" {
  for_each = var.monitoring.saved_queries ? local.saved_queries : {}

  region = var.region
  # The console shows the part before the slash as a folder.
  name            = "${local.name}/${each.key}"
  log_group_names = [aws_cloudwatch_log_group.function.name]
  query_string    = trimspace(each.value)
}
