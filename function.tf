locals {
  # Relative to the module: the provider compares this path as a string, and an absolute path is not the same on every
  # machine.
  package = "${path.module}/lambda/face_compare.zip"
}

# Why the scanners' advice is not followed:
# - A trace would add nothing to the records (duration, calls, request ids). It needs an SDK in the package, and a
#   permission to write outside the module's own log group.
# - Uploads have a dead-letter queue, and direct callers wait for the answer. The module makes no asynchronous
#   invocations. A queue for them would keep events with inline images.
# - The environment variables are names, prefixes and numbers that the state and the outputs hold too, not secrets.
#   Lambda encrypts them with its own key.
# - A signing profile belongs to one account, but the module ships its zip to many. The zip's SHA-256 is in the README
#   and in the plan (source_code_hash), and CI rebuilds the zip byte for byte from the source beside it.
resource "aws_lambda_function" "compare" {
  #checkov:skip=CKV_AWS_50:A trace would add nothing to the records, and needs an SDK and one more permission.
  #checkov:skip=CKV_AWS_116:Uploads have a dead-letter queue; direct callers wait for the answer or the error.
  #checkov:skip=CKV_AWS_173:The variables are names, prefixes and numbers, not secrets; state and outputs hold them too.
  #checkov:skip=CKV_AWS_272:A signing profile belongs to one account; the zip is checked by its SHA-256.
  region                         = var.region
  function_name                  = local.name
  description                    = "Compares the face in a reference image with the faces in a challenge image."
  role                           = aws_iam_role.function.arn
  architectures                  = [var.function.architecture]
  filename                       = local.package
  handler                        = "face_compare.handler.handler"
  memory_size                    = var.function.memory_size
  reserved_concurrent_executions = var.function.reserved_concurrency
  runtime                        = var.function.runtime
  source_code_hash               = filebase64sha256(local.package)
  tags                           = var.tags
  timeout                        = var.function.timeout

  environment {
    variables = merge(
      {
        FACE_COMPARE_BUCKET                 = local.bucket_in_use
        FACE_COMPARE_CALLS_PER_SECOND       = tostring(local.calls_per_second)
        FACE_COMPARE_CHALLENGE_PREFIX       = var.bucket.prefixes.challenge
        FACE_COMPARE_CONCURRENCY            = tostring(local.concurrency)
        FACE_COMPARE_EXPLAIN                = tostring(var.comparison.explain)
        FACE_COMPARE_QUALITY_FILTER         = var.comparison.quality_filter
        FACE_COMPARE_REFERENCE_PREFIX       = var.bucket.prefixes.reference
        FACE_COMPARE_REFERENCE_WAIT_MINUTES = tostring(try(var.on_upload.reference_wait_minutes, 0))
        FACE_COMPARE_REQUIRE_SINGLE_FACE    = tostring(var.comparison.require_single_face)
        FACE_COMPARE_RESULTS_PREFIX         = var.bucket.prefixes.results
        FACE_COMPARE_SIMILARITY_THRESHOLD   = tostring(var.comparison.similarity_threshold)
        FACE_COMPARE_TIMEOUT_SECONDS        = tostring(var.function.timeout)
        FACE_COMPARE_WORKERS                = tostring(local.workers)
      },
      var.comparison.review_threshold == null ? {} : {
        FACE_COMPARE_REVIEW_THRESHOLD = tostring(var.comparison.review_threshold)
      },
    )
  }

  logging_config {
    # Above INFO Lambda drops the decisions, and the crash records of runtimes that name their level differently.
    application_log_level = "INFO"
    log_format            = "JSON"
    # By reference: the group exists, with its retention and key, before anything can write to it.
    log_group        = aws_cloudwatch_log_group.function.name
    system_log_level = "INFO"
  }

  dynamic "vpc_config" {
    for_each = var.network[*]

    content {
      security_group_ids = vpc_config.value.security_group_ids
      subnet_ids         = vpc_config.value.subnet_ids
    }
  }

  # Lambda refuses a VPC if the role is not allowed to create network interfaces there. And if apply finds that an
  # existing bucket is in another region, there is no function yet.
  depends_on = [aws_iam_role_policy.network, data.aws_s3_bucket.existing]
}

resource "aws_lambda_function_url" "compare" {
  count = local.has_function_url ? 1 : 0

  region = var.region
  # On purpose not an input: without IAM, the URL would answer anyone who guesses it.
  authorization_type = "AWS_IAM"
  function_name      = aws_lambda_function.compare.function_name

  dynamic "cors" {
    for_each = var.function_url.cors[*]

    content {
      allow_headers  = cors.value.allow_headers
      allow_methods  = ["POST"]
      allow_origins  = cors.value.allow_origins
      expose_headers = ["retry-after"]
      max_age        = cors.value.max_age_seconds
    }
  }

  lifecycle {
    precondition {
      condition     = local.function_url_allowed
      error_message = <<-EOT
        This version of the module does not list Lambda function URLs in ${local.region}. Leave function_url out and let
        callers use lambda:InvokeFunction (the output invoke_command shows how), or
        set another region for a new stack. If function URLs are now
        available in ${local.region}, set allow_unlisted_region = true.
      EOT
    }
  }
}

resource "aws_lambda_function_event_invoke_config" "compare" {
  count = var.function.on_failure == null ? 0 : 1

  region        = var.region
  function_name = aws_lambda_function.compare.function_name
  # Lambda's default, written out: not every API answers with it.
  maximum_event_age_in_seconds = 6 * 3600

  destination_config {
    on_failure {
      destination = var.function.on_failure.destination_arn
    }
  }

  lifecycle {
    precondition {
      condition     = split(":", var.function.on_failure.destination_arn)[3] == local.region
      error_message = <<-EOT
        function.on_failure.destination_arn is ${var.function.on_failure.destination_arn}, but Lambda sends failed
        events only to its own region, which is ${local.region}. Give a destination there.
      EOT
    }

    precondition {
      condition     = !startswith("${var.function.on_failure.destination_arn}:", "${local.function_arn}:")
      error_message = <<-EOT
        function.on_failure.destination_arn is the function of this module: each event that failed would fail there
        again. Give a queue, a topic, an event bus or another function.
      EOT
    }
  }

  # Lambda checks whether the role may send there, and refuses the destination otherwise.
  depends_on = [aws_iam_role_policy.function]
}
