# Photos that arrive by themselves: bucket -> queue -> function -> result. Every resource here hangs
# on on_upload alone, so that switching it on or off changes nothing else but rights and a setting.
locals {
  uploads_name        = "${var.name}-uploads"
  failed_uploads_name = "${var.name}-uploads-failed"
  uploads_arn         = "arn:${local.partition}:sqs:${local.region}:${local.account_id}:${local.uploads_name}"
  failed_uploads_arn  = "arn:${local.partition}:sqs:${local.region}:${local.account_id}:${local.failed_uploads_name}"

  upload_events = ["s3:ObjectCreated:*"]

  # For both queues.
  refuse_plain_http = {
    for arn in [local.uploads_arn, local.failed_uploads_arn] : arn => {
      Sid       = "DenyPlainHttp"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sqs:*"
      Resource  = arn
      Condition = {
        Bool = { "aws:SecureTransport" = "false" }
      }
    }
  }
}

# Policies are arguments of the queues, not resources of their own: the provider waits 25 s for each.
resource "aws_sqs_queue" "failed_uploads" {
  count = var.on_upload == null ? 0 : 1

  name              = local.failed_uploads_name
  kms_master_key_id = var.kms_key_arn
  # SQS counts from when the photo arrived, not from when it failed: less than this, and what had to
  # wait in the other queue would vanish here. 14 days is the most there is.
  message_retention_seconds = 14 * 24 * 3600
  sqs_managed_sse_enabled   = var.kms_key_arn == null ? true : null
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

resource "aws_sqs_queue" "uploads" {
  count = var.on_upload == null ? 0 : 1

  name              = local.uploads_name
  kms_master_key_id = var.kms_key_arn
  # A backlog of 10 days at the full rate; the dead-letter queue then still has 4 to be looked at.
  message_retention_seconds  = 10 * 24 * 3600
  sqs_managed_sse_enabled    = var.kms_key_arn == null ? true : null
  tags                       = var.tags
  visibility_timeout_seconds = local.visibility_timeout

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
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
      local.refuse_plain_http[local.uploads_arn],
    ]
  })

  redrive_policy = jsonencode({
    # By reference: SQS refuses a dead-letter queue that does not exist yet.
    deadLetterTargetArn = aws_sqs_queue.failed_uploads[0].arn
    maxReceiveCount     = var.on_upload.max_receives
  })
}

resource "aws_s3_bucket_notification" "photos" {
  count = var.on_upload != null && var.existing_bucket == null ? 1 : 0

  bucket = local.own_bucket
  # For whoever waits for results.
  eventbridge = true

  queue {
    events        = local.upload_events
    filter_prefix = var.prefixes.challenge
    # By reference: S3 sends a test message at once, which the queue's policy has to let in.
    queue_arn = aws_sqs_queue.uploads[0].arn
  }
}

resource "aws_lambda_event_source_mapping" "uploads" {
  count = var.on_upload == null ? 0 : 1

  batch_size       = local.uploads_per_batch
  event_source_arn = aws_sqs_queue.uploads[0].arn
  function_name    = aws_lambda_function.compare.arn
  # One photo that fails does not bring the others of its batch back.
  function_response_types            = ["ReportBatchItemFailures"]
  maximum_batching_window_in_seconds = local.batching_window
  tags                               = var.tags

  scaling_config {
    maximum_concurrency = local.instances
  }

  # Lambda looks whether the role may read the queue, and refuses the event source otherwise.
  depends_on = [aws_iam_role_policy.function]

  lifecycle {
    precondition {
      condition     = var.on_upload == null ? true : var.on_upload.references <= local.calls_per_batch
      error_message = "One upload with its ${try(var.on_upload.references, 1)} reference photos takes ${try(var.on_upload.references, 1)} calls, but with rekognition_tps = ${var.rekognition_tps} and function.timeout = ${var.function.timeout} an invocation has time for ${local.calls_per_batch}. Raise function.timeout to ${ceil(try(var.on_upload.references, 1) * 10 / 4 / local.calls_per_second)} (at most 900), or keep fewer reference photos of a person."
    }

    precondition {
      condition     = var.function.reserved_concurrency == null ? true : var.function.reserved_concurrency >= local.instances
      error_message = "function.reserved_concurrency is ${coalesce(var.function.reserved_concurrency, 0)}, but rekognition_tps = ${var.rekognition_tps} is reached by ${local.instances} instances at once: with fewer, Lambda turns batches away, and photos end in the dead-letter queue without ever being compared. Raise it to ${local.instances} or more, or leave it out."
    }
  }
}
