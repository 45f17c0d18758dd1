locals {
  # Relative to the module: the provider compares this path as a string, and an absolute one would
  # differ from machine to machine.
  package = "${path.module}/lambda/face_compare.zip"
}

resource "aws_lambda_function" "compare" {
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
        FACE_COMPARE_CHALLENGE_PREFIX     = var.prefixes.challenge
        FACE_COMPARE_CONCURRENCY          = tostring(var.comparison.concurrency)
        FACE_COMPARE_REFERENCE_PREFIX     = var.prefixes.reference
        FACE_COMPARE_REQUIRE_SINGLE_FACE  = tostring(var.comparison.require_single_face)
        FACE_COMPARE_SIMILARITY_THRESHOLD = tostring(var.comparison.similarity_threshold)
        FACE_COMPARE_TIMEOUT_SECONDS      = tostring(var.function.timeout)
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
}
