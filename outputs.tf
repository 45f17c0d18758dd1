output "alarm_names" {
  description = "Names of the CloudWatch alarms, by alarm; empty without monitoring.alarms."
  value       = { for name, alarm in aws_cloudwatch_metric_alarm.on_call : name => alarm.alarm_name }

  precondition {
    condition     = local.has_uploads || length(local.upload_alarm_settings) == 0
    error_message = <<-EOT
      monitoring.alarms has ${join(" and ", local.upload_alarm_settings)}, which would have no effect: without
      on_upload there are no uploads to watch. Leave this out, or set on_upload.
    EOT
  }
}

output "bucket_arn" {
  description = "ARN of the bucket with the images: the module's own or the existing one."
  value       = "arn:${local.partition}:s3:::${local.bucket_in_use}"
}

output "bucket_name" {
  description = "Name of the bucket with the images: the module's own or the existing one."
  value       = local.bucket_in_use
}

output "dashboard_name" {
  description = "Name of the CloudWatch dashboard; null without monitoring.dashboard."
  value       = one(aws_cloudwatch_dashboard.overview[*].dashboard_name)
}

output "failed_uploads_queue_arn" {
  description = "ARN of the dead-letter queue with uploads that could not be compared; null without on_upload."
  value       = one(aws_sqs_queue.failed_upload[*].arn)
}

output "failed_uploads_queue_url" {
  description = "URL of the dead-letter queue; null without on_upload."
  value       = one(aws_sqs_queue.failed_upload[*].url)
}

output "function_arn" {
  description = "ARN of the function, without a version: what a caller or a state machine invokes."
  value       = aws_lambda_function.compare.arn
}

output "function_name" {
  description = "Name of the function."
  value       = aws_lambda_function.compare.function_name
}

output "function_url" {
  description = "HTTPS address for POST requests signed with SigV4 (service lambda); null without function_url."
  value       = one(aws_lambda_function_url.compare[*].function_url)
}

output "invoke_command" {
  description = "Shell command that compares two images, with two sample keys."
  value = join(" ", [
    # Through a pipe, because both versions of the AWS CLI read it unchanged.
    "printf '%s' '${jsonencode({
      source = "${var.bucket.prefixes.reference}alice.jpg"
      target = "${var.bucket.prefixes.challenge}alice-1.jpg"
    })}' |",
    "aws lambda invoke",
    "--region ${local.region}",
    # Otherwise the CLI sends the event again when no answer came for a minute, and its comparisons are paid for again.
    "--cli-read-timeout 0",
    "--function-name ${aws_lambda_function.compare.function_name}",
    "--payload fileb:///dev/stdin",
    "answer.json && cat answer.json",
  ])
}

output "invoker_policy_json" {
  description = "IAM policy for callers: the function URL if it is enabled, otherwise lambda:InvokeFunction."
  value       = local.policies.caller
}

output "kms_key_arn" {
  description = "The input kms_key_arn, for modules/batch."
  value       = var.kms_key_arn
}

output "log_group_arn" {
  description = "ARN of the function's log group, without \":*\"."
  value       = aws_cloudwatch_log_group.function.arn
}

output "log_group_name" {
  description = "Name of the function's log group."
  value       = aws_cloudwatch_log_group.function.name
}

output "origin" {
  description = "What the stack was made with: account, region, partition, DNS suffix, name, and if it owns its bucket."
  value       = terraform_data.origin.input
}

output "prefixes" {
  description = "Prefixes in the bucket for references, challenges, lists of pairs and results; each ends in \"/\"."
  value       = var.bucket.prefixes
}

output "rate" {
  description = "Values that are calculated from the quota: docs/reference.md explains each."
  value = {
    calls_per_batch      = local.calls_per_batch
    calls_per_second     = local.calls_per_second
    function_timeout     = var.function.timeout
    instances            = local.instances
    pairs_per_batch      = local.pairs_per_batch
    rekognition_tps      = local.rekognition_tps
    reserved_concurrency = var.function.reserved_concurrency
    uploads_per_batch    = local.uploads_per_batch
    visibility_timeout   = local.visibility_timeout
    workers              = local.workers
  }
}

output "region" {
  description = "The input region, for modules/batch. The region in force is origin.region."
  value       = var.region
}

output "result_event_pattern" {
  description = "Event pattern (JSON) of an EventBridge rule for results. It matches manifest.json files of runs too."
  value = jsonencode({
    source        = ["aws.s3"]
    "detail-type" = ["Object Created"]
    detail = {
      bucket = { name = [local.bucket_in_use] }
      # Not the claims, which the function keeps next to the results: they end in .claim.
      object = { key = [{ wildcard = "${var.bucket.prefixes.results}*.json" }] }
    }
  })
}

output "retry_failed_uploads_command" {
  description = "Shell command that moves the messages of the dead-letter queue back; null without on_upload."
  value = one([
    for queue in aws_sqs_queue.failed_upload : join(" ", [
      "aws sqs start-message-move-task",
      "--region ${local.region}",
      "--source-arn ${queue.arn}",
    ])
  ])
}

output "retry_waiting_uploads_command" {
  description = "Shell command that puts all waiting images back into the queue; null without on_upload."
  value = one([
    for queue in aws_sqs_queue.upload : join(" ", [
      "aws s3api list-objects-v2",
      "--region ${local.region}",
      "--bucket ${local.bucket_in_use}",
      "--prefix ${var.bucket.prefixes.results}",
      "--query 'Contents[].[Key]' --output text |",
      "grep '[.]waiting$' |",
      # The content of a marker is the message that announces its image.
      "while IFS= read -r key; do",
      "aws sqs send-message",
      "--region ${local.region}",
      "--queue-url ${queue.url}",
      "--message-body \"$(aws s3 cp --region ${local.region} \"s3://${local.bucket_in_use}/$key\" - < /dev/null)\"",
      "< /dev/null;",
      "done",
    ])
  ])
}

output "role_arn" {
  description = "ARN of the function's role. Name it in a key policy that does not delegate to IAM."
  value       = aws_iam_role.function.arn
}

output "role_name" {
  description = "Name of the function's role."
  value       = aws_iam_role.function.name
}

output "saved_query_names" {
  description = "Names of the saved queries; empty without monitoring.saved_queries."
  value       = sort([for query in aws_cloudwatch_query_definition.saved : query.name])
}

output "settings" {
  description = "Each input that is an object, with the values that apply. A misspelled attribute is missing here."
  value = {
    bucket = {
      existing      = var.bucket.existing
      expiry_days   = local.owns_bucket ? local.expiry_days : null
      force_destroy = local.owns_bucket ? coalesce(var.bucket.force_destroy, false) : null
      prefixes      = var.bucket.prefixes
    }
    comparison   = merge(var.comparison, { concurrency = local.concurrency })
    function     = var.function
    function_url = var.function_url
    monitoring = merge(var.monitoring, {
      alarms = local.has_alarms ? merge(var.monitoring.alarms, { thresholds = local.thresholds }) : null
    })
    network   = var.network
    on_upload = var.on_upload
    role      = var.role
  }
}

output "upload_notification" {
  description = "Settings for the notification of an existing bucket; null without on_upload or bucket.existing."
  value = !local.has_uploads || local.owns_bucket ? null : {
    eventbridge = true
    events      = local.upload_events
    filters     = local.upload_filters
    queue_arn   = aws_sqs_queue.upload[0].arn
  }
}

output "uploads_queue_arn" {
  description = "ARN of the queue of uploads; null without on_upload."
  value       = one(aws_sqs_queue.upload[*].arn)
}

output "uploads_queue_url" {
  description = "URL of the queue of uploads; null without on_upload."
  value       = one(aws_sqs_queue.upload[*].url)
}
