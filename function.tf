locals {
  # Relative to the module: the provider compares this path as a string, and an absolute one would
  # differ from machine to machine.
  package = "${path.module}/lambda/face_compare.zip"
}

resource "aws_lambda_function" "compare" {
  #checkov:skip=CKV_AWS_50:A trace would carry nothing that the records lack (duration, calls, request ids), needs an SDK in the package and a right to write outside the module's own log group.
  #checkov:skip=CKV_AWS_116:The module invokes the function through a queue, and that has a dead-letter queue; direct callers wait for the answer. A queue for asynchronous invocations, which the module makes none of, would keep events with inline photos.
  #checkov:skip=CKV_AWS_173:The variables are names, prefixes and numbers that are in the state and the outputs as well, no secret; Lambda encrypts them with its own key.
  #checkov:skip=CKV_AWS_272:A signing profile belongs to one account, and the zip that the module ships to many. Its SHA-256 is in the README, in the plan (source_code_hash) and rebuilt byte for byte from the source beside it by CI.
  function_name                  = var.name
  description                    = "Compares the face in a reference photo with the faces in a challenge photo."
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
        FACE_COMPARE_BUCKET               = local.bucket_in_use
        FACE_COMPARE_CALLS_PER_SECOND     = tostring(local.calls_per_second)
        FACE_COMPARE_CHALLENGE_PREFIX     = var.prefixes.challenge
        FACE_COMPARE_CONCURRENCY          = tostring(var.comparison.concurrency)
        FACE_COMPARE_REFERENCE_PREFIX     = var.prefixes.reference
        FACE_COMPARE_REQUIRE_SINGLE_FACE  = tostring(var.comparison.require_single_face)
        FACE_COMPARE_RESULTS_PREFIX       = var.prefixes.results
        FACE_COMPARE_SIMILARITY_THRESHOLD = tostring(var.comparison.similarity_threshold)
        FACE_COMPARE_TIMEOUT_SECONDS      = tostring(var.function.timeout)
        FACE_COMPARE_WORKERS              = tostring(local.workers)
      },
      var.comparison.review_threshold == null ? {} : {
        FACE_COMPARE_REVIEW_THRESHOLD = tostring(var.comparison.review_threshold)
      },
    )
  }

  logging_config {
    # INFO is the floor: above it Lambda drops the decisions, and the crash records of runtimes that
    # name their level differently.
    application_log_level = "INFO"
    log_format            = "JSON"
    # By reference, so that the group exists (with retention and key) before anything can write to it.
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

  # Lambda refuses a VPC to a role that may not make network interfaces there.
  depends_on = [aws_iam_role_policy.network]

  lifecycle {
    precondition {
      condition     = contains(local.rekognition_regions, local.region)
      error_message = "Amazon Rekognition does not exist in ${local.region}, so no face could be compared there. Give the module a provider of one of these regions: ${join(", ", local.rekognition_regions)}. If AWS has added ${local.region} since, update the module."
    }
  }
}

resource "aws_lambda_function_url" "compare" {
  count = var.function_url ? 1 : 0

  # The only choice on purpose: a URL without it answers anybody who guesses it.
  authorization_type = "AWS_IAM"
  function_name      = aws_lambda_function.compare.function_name

  lifecycle {
    precondition {
      condition     = !contains(local.regions_without_function_url, local.region)
      error_message = "Lambda gives functions no URL in ${local.region}. Leave function_url out and let callers use lambda:InvokeFunction (invoke_command shows how), or give the module a provider of another region. If AWS has added URLs in ${local.region} since, update the module."
    }
  }
}
