output "alarm_names" {
  description = "Names of the CloudWatch alarms, by what they watch; empty without `alarms`."
  value       = { for name, alarm in aws_cloudwatch_metric_alarm.alarms : name => alarm.alarm_name }
}

output "bucket_arn" {
  description = "ARN of the bucket that holds the photos: the module's own, or the existing one."
  value       = "arn:${local.partition}:s3:::${local.bucket_in_use}"
}

output "bucket_name" {
  description = "Name of the bucket that holds the photos: the module's own, or the existing one."
  value       = local.bucket_in_use
}

output "comparison" {
  description = "The rule that is in force, unless an event makes it stricter. See that it says what you meant: Terraform passes over a misspelt member of an input."
  value       = var.comparison
}

output "dashboard_name" {
  description = "Name of the CloudWatch dashboard; null without `dashboard`."
  value       = one(aws_cloudwatch_dashboard.overview[*].dashboard_name)
}

output "failed_uploads_command" {
  description = "A line for sh that puts everything in the dead-letter queue back into the queue, once its cause is mended; null without `on_upload`."
  value       = one([for queue in aws_sqs_queue.failed_uploads : "aws sqs start-message-move-task --region ${local.region} --source-arn ${queue.arn}"])
}

output "failed_uploads_queue_arn" {
  description = "ARN of the dead-letter queue with the uploads that could not be compared; null without `on_upload`."
  value       = one(aws_sqs_queue.failed_uploads[*].arn)
}

output "failed_uploads_queue_url" {
  description = "URL of that queue; null without `on_upload`."
  value       = one(aws_sqs_queue.failed_uploads[*].url)
}

output "function_arn" {
  description = "ARN of the function, without a version; what an event source or a state machine invokes."
  value       = aws_lambda_function.compare.arn
}

output "function_name" {
  description = "Name of the function."
  value       = aws_lambda_function.compare.function_name
}

output "function_url" {
  description = "HTTPS address to POST events to, signed with SigV4 for the service `lambda`; null without `function_url`."
  value       = one(aws_lambda_function_url.compare[*].function_url)
}

output "invoke_command" {
  description = "A line for sh that compares two photos through the function, and prints the answer, which it keeps in answer.json; put your own keys in place of the two samples."
  value = join(" ", [
    # Through a pipe, which both versions of the AWS CLI read as it is.
    "printf '%s' '${jsonencode({
      source = "${var.prefixes.reference}alice.jpg"
      target = "${var.prefixes.challenge}alice-1.jpg"
    })}' |",
    "aws lambda invoke",
    "--region ${local.region}",
    "--function-name ${aws_lambda_function.compare.function_name}",
    "--payload fileb:///dev/stdin",
    "answer.json && cat answer.json",
  ])
}

output "invoker_policy_json" {
  description = "Policy document with exactly what a caller needs: through the function URL where there is one, else by lambda:InvokeFunction. Attach it to the caller's role."
  value       = var.function_url ? local.url_caller_policy : local.direct_caller_policy
}

output "kms_key_arn" {
  description = "The customer key that was given, for `modules/batch`; null without one."
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

output "prefixes" {
  description = "Where in the bucket reference photos, challenge photos, lists of pairs and results belong; each ends in \"/\"."
  value       = var.prefixes
}

output "rate" {
  description = "What follows from `rekognition_tps` (rate.tf says why): invocations at once, calls a second, calls a batch and comparisons under way in each, uploads and pairs a batch, seconds."
  value = {
    calls_per_batch      = local.calls_per_batch
    calls_per_second     = local.calls_per_second
    function_timeout     = var.function.timeout
    instances            = local.instances
    pairs_per_batch      = local.pairs_per_batch
    rekognition_tps      = var.rekognition_tps
    reserved_concurrency = var.function.reserved_concurrency
    uploads_per_batch    = local.uploads_per_batch
    visibility_timeout   = local.visibility_timeout
    workers              = local.workers
  }
}

output "result_event_pattern" {
  description = "Event pattern (JSON) of an EventBridge rule on the account's default bus that is to see every result of an upload; the key is in `detail.object.key`. The claims that the function keeps beside its results do not match; files of `modules/batch` below `<results>batch/` that end in .json do."
  value = jsonencode({
    source        = ["aws.s3"]
    "detail-type" = ["Object Created"]
    detail = {
      bucket = { name = [local.bucket_in_use] }
      object = { key = [{ wildcard = "${var.prefixes.results}*.json" }] }
    }
  })
}

output "role_arn" {
  description = "ARN of the function's execution role; name it in the key policy of kms_key_arn where that does not trust the account's IAM."
  value       = aws_iam_role.function.arn
}

output "role_name" {
  description = "Name of the function's execution role."
  value       = aws_iam_role.function.name
}

output "saved_query_names" {
  description = "Names of the saved queries in CloudWatch Logs Insights; empty without `saved_queries`."
  value       = sort([for query in aws_cloudwatch_query_definition.queries : query.name])
}

output "upload_notification" {
  description = "What the owner of `existing_bucket` has to set in that bucket's notification, so that uploads arrive and results are announced: the queue, the events, the prefix, and EventBridge. Null without `on_upload`, and with the module's own bucket, where it is done."
  value = var.on_upload == null || var.existing_bucket == null ? null : {
    eventbridge   = true
    events        = local.upload_events
    filter_prefix = var.prefixes.challenge
    queue_arn     = aws_sqs_queue.uploads[0].arn
  }
}

output "uploads_queue_arn" {
  description = "ARN of the queue of uploads; null without `on_upload`."
  value       = one(aws_sqs_queue.uploads[*].arn)
}

output "uploads_queue_url" {
  description = "URL of that queue; null without `on_upload`."
  value       = one(aws_sqs_queue.uploads[*].url)
}
