# Uploads: bucket -> queue -> function -> result. Without on_upload there is none of these resources; an existing bucket
# has its own notification. Switching uploads on or off also changes the function's policy.
locals {
  uploads_name        = "${local.name}-uploads"
  failed_uploads_name = "${local.name}-uploads-failed"
  uploads_arn         = "arn:${local.partition}:sqs:${local.region}:${local.account_id}:${local.uploads_name}"
  failed_uploads_arn  = "arn:${local.partition}:sqs:${local.region}:${local.account_id}:${local.failed_uploads_name}"

  upload_events = ["s3:ObjectCreated:*"]

  # What S3 announces: images, references (an image may wait for one), and the objects by which the function puts
  # waiting images back. Results must not be among them. To the provider, "" means no suffix.
  upload_filters = [
    { filter_prefix = var.bucket.prefixes.challenge, filter_suffix = "" },
    { filter_prefix = var.bucket.prefixes.reference, filter_suffix = "" },
    { filter_prefix = var.bucket.prefixes.results, filter_suffix = ".retry" },
  ]

  # While an image waits for a reference, the queue retries it. The last delivery has to come after the wait.
  reference_wait_seconds = 60 * try(var.on_upload.reference_wait_minutes, 0)
  longest_wait_seconds   = (try(var.on_upload.max_attempts, 1) - 1) * local.visibility_timeout

  # Topics and rules that pass S3's announcements on. Their ARNs contain the account, so aws:SourceAccount would add
  # nothing. The guides of SNS and EventBridge do not promise that they send it.
  senders = {
    for service in ["events", "sns"] : service => [
      for arn in try(coalesce(var.on_upload.sender_arns, []), []) : arn if split(":", arn)[2] == service
    ]
  }
  announced_by_others = [
    {
      Sid       = "AnnouncedByRules"
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = local.uploads_arn
      Condition = { ArnEquals = { "aws:SourceArn" = local.senders.events } }
    },
    {
      Sid       = "AnnouncedByTopics"
      Effect    = "Allow"
      Principal = { Service = "sns.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = local.uploads_arn
      Condition = { ArnEquals = { "aws:SourceArn" = local.senders.sns } }
    },
  ]

  refuse_plain_http = {
    for arn in [local.uploads_arn, local.failed_uploads_arn] : arn => {
      Sid       = "DenyPlainHttp"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sqs:*"
      Resource  = arn
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }
  }
}

# The policies are arguments of the queues, not separate resources: the provider waits 25 s for each such resource.
resource "aws_sqs_queue" "failed_upload" {
  count = local.has_uploads ? 1 : 0

  region            = var.region
  name              = local.failed_uploads_name
  kms_master_key_id = var.kms_key_arn
  # SQS counts from the upload, not from the failure. With less, an image that waited long in the other queue would soon
  # be lost here. 14 days is the maximum.
  message_retention_seconds = 14 * 24 * 3600
  sqs_managed_sse_enabled   = local.has_customer_key ? null : true
  tags                      = var.tags

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [local.refuse_plain_http[local.failed_uploads_arn]]
  })

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [local.uploads_arn]
  })
}

resource "aws_sqs_queue" "upload" {
  count = local.has_uploads ? 1 : 0

  region            = var.region
  name              = local.uploads_name
  kms_master_key_id = var.kms_key_arn
  # A backlog of 10 days at the full rate. An image that fails then has 4 days left in the dead-letter queue.
  message_retention_seconds  = 10 * 24 * 3600
  sqs_managed_sse_enabled    = local.has_customer_key ? null : true
  tags                       = var.tags
  visibility_timeout_seconds = local.visibility_timeout

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid       = "AnnouncedByBucket"
          Effect    = "Allow"
          Principal = { Service = "s3.amazonaws.com" }
          Action    = "sqs:SendMessage"
          Resource  = local.uploads_arn
          Condition = {
            ArnEquals    = { "aws:SourceArn" = local.bucket_arn }
            StringEquals = { "aws:SourceAccount" = local.account_id }
          }
        },
      ],
      [for each in local.announced_by_others : each if length(each.Condition.ArnEquals["aws:SourceArn"]) > 0],
      [local.refuse_plain_http[local.uploads_arn]],
    )
  })

  redrive_policy = jsonencode({
    # By reference: SQS refuses a dead-letter queue that does not exist yet.
    deadLetterTargetArn = aws_sqs_queue.failed_upload[0].arn
    maxReceiveCount     = var.on_upload.max_attempts
  })
}

resource "aws_s3_bucket_notification" "upload" {
  count = local.has_uploads && local.owns_bucket ? 1 : 0

  region = var.region
  bucket = local.own_bucket
  # For consumers of results.
  eventbridge = true

  dynamic "queue" {
    for_each = local.upload_filters

    content {
      events        = local.upload_events
      filter_prefix = queue.value.filter_prefix
      filter_suffix = queue.value.filter_suffix
      # By reference: S3 sends a test message at once, and the queue's policy has to allow it by then.
      queue_arn = aws_sqs_queue.upload[0].arn
    }
  }
}

resource "aws_lambda_event_source_mapping" "upload" {
  count = local.has_uploads ? 1 : 0

  region           = var.region
  batch_size       = local.uploads_per_batch
  event_source_arn = aws_sqs_queue.upload[0].arn
  function_name    = aws_lambda_function.compare.arn
  # An image that fails is retried without the others of its batch.
  function_response_types            = ["ReportBatchItemFailures"]
  maximum_batching_window_in_seconds = local.batching_window
  # GovCloud has no tags of event sources ("AWS Lambda in AWS GovCloud (US)" in its user guide).
  tags = local.partition == "aws" ? var.tags : null

  scaling_config {
    maximum_concurrency = local.instances
  }

  lifecycle {
    precondition {
      condition     = local.references_per_subject <= local.calls_per_batch
      error_message = <<-EOT
        on_upload.references_per_subject is ${local.references_per_subject}: one upload needs this many calls.
        But with rekognition_tps = ${local.rekognition_tps} and function.timeout = ${var.function.timeout},
        an invocation has time for ${local.calls_per_batch}. Raise function.timeout to
        ${ceil(local.references_per_subject * 10 / 4 / local.calls_per_second)} (at most 900), or keep fewer reference
        images per person.
      EOT
    }

    precondition {
      condition     = local.reference_wait_seconds <= local.longest_wait_seconds
      error_message = <<-EOT
        on_upload.reference_wait_minutes is ${local.reference_wait_seconds / 60}, but with max_attempts =
        ${try(var.on_upload.max_attempts, 1)} an image is retried for ${floor(local.longest_wait_seconds / 60)} minutes
        only, every ${local.visibility_timeout} seconds. Let it wait no longer than that, or raise max_attempts to
        ${1 + ceil(local.reference_wait_seconds / local.visibility_timeout)}.
      EOT
    }

    precondition {
      condition = var.function.reserved_concurrency == null ? true : (
        var.function.reserved_concurrency >= local.instances
      )
      error_message = <<-EOT
        function.reserved_concurrency is ${coalesce(var.function.reserved_concurrency, "null")}, but rekognition_tps =
        ${local.rekognition_tps} takes ${local.instances} instances at once. With fewer, Lambda throttles
        batches, and images reach the dead-letter queue without ever being compared.
        Raise it to ${local.instances} or more, or leave it out.
      EOT
    }
  }

  # Lambda checks whether the role may read the queue, and refuses the event source otherwise.
  depends_on = [aws_iam_role_policy.function]
}
