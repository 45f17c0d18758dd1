# The function, its rule, its log, its URL and its names: what a caller gets.

mock_provider "aws" {
  mock_data "aws_caller_identity" { defaults = { account_id = "111122223333" } }
  mock_data "aws_partition" { defaults = { dns_suffix = "amazonaws.com", partition = "aws" } }
  mock_data "aws_region" { defaults = { region = "eu-west-1" } }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/face-compare" }
  }
  mock_resource "aws_iam_role" { defaults = { arn = "arn:aws:iam::111122223333:role/face-compare-eu-west-1" } }
  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:eu-west-1:111122223333:function:face-compare" }
  }
}

variables { name = "face-compare" }

run "a_name_is_enough_for_a_working_stack" {
  command = plan

  assert {
    condition = [
      aws_lambda_function.compare.function_name,
      aws_lambda_function.compare.handler,
      aws_lambda_function.compare.runtime,
      one(aws_lambda_function.compare.architectures),
      aws_lambda_function.compare.memory_size,
      aws_lambda_function.compare.timeout,
      coalesce(aws_lambda_function.compare.reserved_concurrent_executions, -1),
    ] == ["face-compare", "face_compare.handler.handler", "python3.13", "arm64", 512, 30, -1]
    error_message = "Defaults: python3.13 on arm64, 512 MB, 30 s, and the account's pool of concurrency."
  }

  assert {
    condition = [aws_lambda_function.compare.filename, aws_lambda_function.compare.source_code_hash] == [
      "./lambda/face_compare.zip", filebase64sha256("./lambda/face_compare.zip"),
    ]
    error_message = "A new zip must change the function, and an absolute path would change it on every machine."
  }

  assert {
    condition = aws_lambda_function.compare.environment[0].variables == tomap({
      FACE_COMPARE_BUCKET                 = "face-compare-111122223333-eu-west-1"
      FACE_COMPARE_CALLS_PER_SECOND       = "24.5"
      FACE_COMPARE_CHALLENGE_PREFIX       = "challenge/"
      FACE_COMPARE_CONCURRENCY            = "30"
      FACE_COMPARE_EXPLAIN                = "false"
      FACE_COMPARE_QUALITY_FILTER         = "NONE"
      FACE_COMPARE_REFERENCE_PREFIX       = "reference/"
      FACE_COMPARE_REFERENCE_WAIT_MINUTES = "0"
      FACE_COMPARE_REQUIRE_SINGLE_FACE    = "false"
      FACE_COMPARE_RESULTS_PREFIX         = "results/"
      FACE_COMPARE_SIMILARITY_THRESHOLD   = "80"
      FACE_COMPARE_TIMEOUT_SECONDS        = "30"
      FACE_COMPARE_WORKERS                = "38"
    })
    error_message = "The payload reads these variables: if one is missing, every invocation fails. No review band."
  }

  assert {
    condition     = length(aws_s3_bucket.image) == 1 && length(data.aws_s3_bucket.existing) == 0
    error_message = "Without bucket.existing the module must create its own bucket."
  }

  assert {
    condition = sum([
      length(aws_cloudwatch_dashboard.overview),
      length(aws_cloudwatch_log_metric_filter.record),
      length(aws_cloudwatch_metric_alarm.on_call),
      length(aws_cloudwatch_query_definition.saved),
      length(aws_iam_role_policy.network),
      length(aws_lambda_function.compare.vpc_config),
      length(aws_lambda_function_event_invoke_config.compare),
      length(aws_lambda_function_url.compare),
    ]) == 0 && output.function_url == null
    error_message = "Nobody pays for an alarm, or gets a URL or a right to network interfaces, without asking for it."
  }
}

run "decisions_are_kept_for_ninety_days_and_then_go" {
  command = plan

  assert {
    condition = (
      aws_cloudwatch_log_group.function.retention_in_days == 90 &&
      !coalesce(aws_cloudwatch_log_group.function.skip_destroy, false)
    )
    error_message = "Records must be kept for 90 days by default, and destroy must delete the log group."
  }

  assert {
    condition = [
      for config in aws_lambda_function.compare.logging_config :
      [config.log_group, config.log_format, config.application_log_level, config.system_log_level]
    ] == [[aws_cloudwatch_log_group.function.name, "JSON", "INFO", "INFO"]]
    error_message = "Records must be JSON, in the log group with the retention; above INFO Lambda drops the decisions."
  }
}

run "a_wrapper_may_pass_null_for_every_optional_input" {
  command = plan

  variables {
    allow_unlisted_region = null
    bucket                = null
    comparison            = null
    function              = null
    function_url          = null
    kms_key_arn           = null
    log_retention_days    = null
    monitoring            = null
    network               = null
    on_upload             = null
    region                = null
    rekognition_tps       = null
    role                  = null
    tags                  = null
  }

  assert {
    condition = [
      aws_lambda_function.compare.timeout,
      aws_cloudwatch_log_group.function.retention_in_days,
      length(aws_s3_bucket.image),
    ] == [30, 90, 1]
    error_message = "null must mean the default."
  }
}

run "settings_reach_function_payload_and_log" {
  command = plan

  variables {
    bucket = { prefixes = { challenge = "in/", reference = "people/known/", results = "out/" } }
    comparison = {
      concurrency          = 12
      explain              = true
      quality_filter       = "MEDIUM"
      require_single_face  = true
      review_threshold     = 90.5
      similarity_threshold = 99.5
    }
    function = {
      architecture = "x86_64"
      memory_size  = 1769
      # OpenTofu compares with what is given here, without the defaults of members that are left out.
      on_failure           = null
      reserved_concurrency = 5
      runtime              = "python3.12"
      timeout              = 60
    }
    log_retention_days = 7
    network = {
      security_group_ids = ["sg-0123456789abcdef0"]
      subnet_ids         = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
    }
    rekognition_tps = 50
  }

  assert {
    condition = [
      one(aws_lambda_function.compare.architectures),
      aws_lambda_function.compare.memory_size,
      aws_lambda_function.compare.reserved_concurrent_executions,
      aws_lambda_function.compare.runtime,
      aws_lambda_function.compare.timeout,
      aws_cloudwatch_log_group.function.retention_in_days,
    ] == ["x86_64", 1769, 5, "python3.12", 60, 7]
    error_message = "var.function must reach the function, log_retention_days the log group."
  }

  assert {
    condition = aws_lambda_function.compare.environment[0].variables == tomap({
      FACE_COMPARE_BUCKET                 = "face-compare-111122223333-eu-west-1"
      FACE_COMPARE_CALLS_PER_SECOND       = "24.5"
      FACE_COMPARE_CHALLENGE_PREFIX       = "in/"
      FACE_COMPARE_CONCURRENCY            = "12"
      FACE_COMPARE_EXPLAIN                = "true"
      FACE_COMPARE_QUALITY_FILTER         = "MEDIUM"
      FACE_COMPARE_REFERENCE_PREFIX       = "people/known/"
      FACE_COMPARE_REFERENCE_WAIT_MINUTES = "0"
      FACE_COMPARE_REQUIRE_SINGLE_FACE    = "true"
      FACE_COMPARE_RESULTS_PREFIX         = "out/"
      FACE_COMPARE_REVIEW_THRESHOLD       = "90.5"
      FACE_COMPARE_SIMILARITY_THRESHOLD   = "99.5"
      FACE_COMPARE_TIMEOUT_SECONDS        = "60"
      FACE_COMPARE_WORKERS                = "38"
    })
    error_message = "Rule, timeout, prefixes and pace must reach the payload, or it decides by another rule."
  }

  assert {
    condition = [
      for config in aws_lambda_function.compare.vpc_config : [config.security_group_ids, config.subnet_ids]
    ] == [[toset(var.network.security_group_ids), toset(var.network.subnet_ids)]]
    error_message = "Subnets and security groups must reach the function."
  }

  assert {
    condition = jsonencode({
      for name in ["comparison", "function", "network"] : name => output.settings[name]
      }) == jsonencode({
      comparison = var.comparison, function = var.function, network = var.network
    })
    error_message = "Terraform ignores misspelled members: the output must show what was given, as it is in force."
  }

  assert {
    condition = output.invoke_command == join(" ", [
      "printf '%s' '{\"source\":\"people/known/alice.jpg\",\"target\":\"in/alice-1.jpg\"}' |",
      "aws lambda invoke --region eu-west-1 --cli-read-timeout 0 --function-name face-compare",
      "--payload fileb:///dev/stdin answer.json && cat answer.json",
    ])
    error_message = "invoke_command must send keys below the prefixes, once however long it takes, and show the answer."
  }
}

run "a_stack_is_made_in_its_region_whatever_the_providers_is" {
  command = plan

  variables {
    function     = { on_failure = { destination_arn = "arn:aws:sqs:us-west-2:111122223333:failed" } }
    function_url = {}
    kms_key_arn  = "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    monitoring = {
      alarms        = { sns_topic_arns = ["arn:aws:sns:us-west-2:111122223333:on-call"] }
      dashboard     = true
      saved_queries = true
    }
    on_upload = {}
    region    = "us-west-2"
  }

  assert {
    condition = join(" ", distinct(flatten([
      aws_cloudwatch_dashboard.overview[*].region,
      aws_cloudwatch_log_group.function.region,
      values(aws_cloudwatch_log_metric_filter.record)[*].region,
      values(aws_cloudwatch_metric_alarm.on_call)[*].region,
      values(aws_cloudwatch_query_definition.saved)[*].region,
      aws_lambda_event_source_mapping.upload[*].region,
      aws_lambda_function.compare.region,
      aws_lambda_function_event_invoke_config.compare[*].region,
      aws_lambda_function_url.compare[*].region,
      aws_s3_bucket.image[*].region,
      aws_s3_bucket_lifecycle_configuration.image[*].region,
      aws_s3_bucket_notification.upload[*].region,
      aws_s3_bucket_ownership_controls.image[*].region,
      aws_s3_bucket_policy.image[*].region,
      aws_s3_bucket_public_access_block.image[*].region,
      aws_s3_bucket_server_side_encryption_configuration.image[*].region,
      aws_s3_bucket_versioning.image[*].region,
      aws_sqs_queue.failed_upload[*].region,
      aws_sqs_queue.upload[*].region,
    ]))) == "us-west-2"
    error_message = "Every resource that has a region must be in it, or the stack is split."
  }

  assert {
    condition = [output.bucket_name, output.role_name, output.dashboard_name, output.origin.region] == [
      "face-compare-111122223333-us-west-2", "face-compare-us-west-2", "face-compare-us-west-2", "us-west-2",
    ]
    error_message = "Names must follow the region, so that one name works in two regions."
  }

  assert {
    condition = alltrue([
      for text in [
        aws_cloudwatch_dashboard.overview[0].dashboard_body, aws_iam_role_policy.function.policy,
        aws_s3_bucket_policy.image[0].policy, aws_sqs_queue.upload[0].policy, output.invoke_command,
        output.invoker_policy_json,
      ] : strcontains(text, "us-west-2") && !strcontains(text, "eu-west-1")
    ])
    error_message = "Policies, dashboard and commands must follow the region."
  }

  assert {
    condition     = output.rate.rekognition_tps == 100 && local.default_rekognition_tps == 100
    error_message = "The default quota must be that of the region."
  }
}

run "a_region_without_rekognition_is_refused_where_it_is_given" {
  command = plan

  variables { region = "eu-west-3" }

  expect_failures = [terraform_data.origin]
}

run "a_region_without_rekognition_is_refused_before_anything_is_made" {
  command = plan

  override_data {
    target = data.aws_region.current
    values = { region = "eu-west-3" }
  }

  expect_failures = [terraform_data.origin]
}

run "a_new_region_does_not_have_to_wait_for_a_release" {
  command = plan

  variables {
    allow_unlisted_region = true
    function_url          = {}
  }

  override_data {
    target = data.aws_region.current
    values = { region = "eu-west-3" }
  }

  assert {
    condition     = output.bucket_name == "face-compare-111122223333-eu-west-3"
    error_message = "allow_unlisted_region must overrule the table of regions, for Rekognition and for URLs."
  }
}

run "an_address_that_lambda_cannot_give_is_refused_before_anything_is_made" {
  command = plan

  variables { function_url = {} }

  override_data {
    target = data.aws_region.current
    values = { region = "il-central-1" }
  }

  expect_failures = [aws_lambda_function_url.compare]
}

run "the_longest_name_fits_in_the_longest_region_and_the_largest_values_are_not_refused" {
  command = plan

  variables {
    bucket = {
      expiry_days = { challenge = 3650 }
      prefixes    = { challenge = "a/b/c/", reference = "a/b/d/", results = "a/b/cc/" }
    }
    comparison         = { similarity_threshold = 100 }
    function           = { memory_size = 10240, timeout = 900 }
    log_retention_days = 3653
    rekognition_tps    = 1000
    name               = "abcdefghijklmnopqrstuvwxyz-12345678"
    role               = { path = "/a/b/", permissions_boundary_arn = "arn:aws:iam::aws:policy/PowerUserAccess" }
  }

  override_data {
    target = data.aws_region.current
    # Without function URLs, so that callers by lambda:InvokeFunction do not lose a region that has Rekognition.
    values = { region = "ap-southeast-5" }
  }

  assert {
    condition = [
      length(aws_s3_bucket.image[0].bucket),
      length(aws_iam_role.function.name) <= 64,
      length(aws_lambda_function.compare.function_name) <= 64,
    ] == [63, true, true]
    error_message = "A bucket's name may have 63 characters, those of roles and functions 64."
  }

  assert {
    condition = [
      aws_lambda_function.compare.environment[0].variables.FACE_COMPARE_SIMILARITY_THRESHOLD,
      aws_lambda_function.compare.timeout,
      aws_cloudwatch_log_group.function.retention_in_days,
      aws_iam_role.function.path,
      aws_iam_role.function.permissions_boundary,
    ] == ["100", 900, 3653, "/a/b/", "arn:aws:iam::aws:policy/PowerUserAccess"]
    error_message = "Accepted values must reach function, log group and role unchanged."
  }

  assert {
    condition = [
      output.rate.instances, output.rate.uploads_per_batch, output.rate.pairs_per_batch, output.rate.visibility_timeout,
    ] == [34, 1000, 200, 5401]
    error_message = "An event source takes at most 1000 messages per batch, Step Functions 256 KiB of answer."
  }

  assert {
    condition     = output.settings.comparison.concurrency == 50
    error_message = "A derived concurrency must keep to the limit of the input."
  }
}

run "outputs_and_policies_name_what_was_made" {
  # Role and bucket carry the region, so that one name works in two regions of an account.
  assert {
    condition = [
      output.bucket_arn, output.bucket_name, output.function_arn, output.function_name,
      output.log_group_arn, output.log_group_name, output.role_arn, output.role_name,
      ] == [
      "arn:aws:s3:::face-compare-111122223333-eu-west-1", "face-compare-111122223333-eu-west-1",
      aws_lambda_function.compare.arn, "face-compare",
      aws_cloudwatch_log_group.function.arn, "/aws/lambda/face-compare",
      aws_iam_role.function.arn, "face-compare-eu-west-1",
    ]
    error_message = "Names and ARNs must be those of bucket, function, log group and role."
  }

  assert {
    condition = output.prefixes == {
      challenge = "challenge/", manifests = "manifests/", reference = "reference/", results = "results/",
    }
    error_message = "prefixes must say where images, lists and results belong."
  }

  assert {
    condition = [local.bucket_arn, local.function_arn, local.log_group_arn] == [
      "arn:aws:s3:::${aws_s3_bucket.image[0].bucket}",
      aws_lambda_function.compare.arn,
      aws_cloudwatch_log_group.function.arn,
    ]
    error_message = "The ARNs in the policies must be those that AWS gives."
  }
}

run "what_is_misspelled_is_missing_in_the_settings" {
  command = plan

  variables {
    bucket = {
      expiry_days   = { challange = 7, results = 7 }
      force_destory = true
      prefixes      = { challange = "in/" }
    }
    comparison = { similarity_treshold = 99 }
    function   = { memory = 1024 }
    monitoring = {
      alarms = {
        sns_topic_arns = ["arn:aws:sns:eu-west-1:111122223333:on-call"]
        thresholds     = { error = 7, unavailable = 7 }
      }
      dashbord = true
    }
    on_upload       = { attempts = 7 }
    rekognition_tps = 25
    role            = { permissions_boundary = "arn:aws:iam::111122223333:policy/boundary" }
  }

  assert {
    condition = jsonencode(output.settings) == jsonencode({
      bucket = {
        existing = null
        expiry_days = {
          challenge = 30, incomplete_upload = 7, manifests = 30, noncurrent = 30, reference = null, results = 7
        }
        force_destroy = false
        prefixes = {
          challenge = "challenge/", manifests = "manifests/", reference = "reference/", results = "results/"
        }
      }
      comparison = {
        concurrency          = 7
        explain              = false
        quality_filter       = "NONE"
        require_single_face  = false
        review_threshold     = null
        similarity_threshold = 80
      }
      function = {
        architecture         = "arm64"
        memory_size          = 512
        on_failure           = null
        reserved_concurrency = null
        runtime              = "python3.13"
        timeout              = 30
      }
      function_url = null
      monitoring = {
        alarms = {
          disabled       = []
          sns_topic_arns = ["arn:aws:sns:eu-west-1:111122223333:on-call"]
          thresholds = {
            duration_percent      = 80
            errors                = 1
            failed_uploads        = 1
            no_face_comparisons   = 20
            no_face_percent       = 30
            no_reference          = 1
            oldest_upload_seconds = 3600
            rate_percent          = 90
            refused_access        = 1
            throttled_comparisons = 5
            throttled_invocations = 1
            unavailable           = 7
          }
        }
        dashboard     = false
        saved_queries = false
      }
      network   = null
      on_upload = { max_attempts = 5, reference_wait_minutes = 5, references_per_subject = 1, sender_arns = [] }
      role      = { path = "/", permissions_boundary_arn = null }
    })
    error_message = "Every attribute that is in force must be shown, and nothing that Terraform ignored."
  }
}
