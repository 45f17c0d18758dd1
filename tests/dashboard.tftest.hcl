# Dashboard and saved queries.

# OpenTofu knows no shared mock file, so every test file carries what it needs: values whose form a
# policy, a condition or another resource depends on.
mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }

  mock_data "aws_partition" {
    defaults = { dns_suffix = "amazonaws.com", partition = "aws" }
  }

  mock_data "aws_region" {
    defaults = { region = "eu-west-1" }
  }

  mock_data "aws_s3_bucket" {
    defaults = { bucket_region = "eu-west-1" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/face-compare" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111122223333:role/face-compare-eu-west-1" }
  }

  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:eu-west-1:111122223333:function:face-compare" }
  }

  mock_resource "aws_sqs_queue" {
    defaults = { arn = "arn:aws:sqs:eu-west-1:111122223333:face-compare-uploads" }
  }
}

variables {
  name       = "face-compare"
  monitoring = { dashboard = true, saved_queries = true }
}

run "the_dashboard_shows_its_own_region_and_quota" {
  command = plan

  variables {
    comparison      = { review_threshold = 70, similarity_threshold = 90 }
    rekognition_tps = 7
  }

  assert {
    condition     = aws_cloudwatch_dashboard.overview[0].dashboard_name == "face-compare-eu-west-1" && output.dashboard_name == "face-compare-eu-west-1"
    error_message = "Dashboards are one list for all regions: the name must hold the region."
  }

  assert {
    condition     = alltrue([for widget in jsondecode(aws_cloudwatch_dashboard.overview[0].dashboard_body).widgets : widget.properties.region == "eu-west-1"])
    error_message = "Every graph must show the module's region."
  }

  assert {
    condition = { for widget in jsondecode(aws_cloudwatch_dashboard.overview[0].dashboard_body).widgets : widget.properties.title => [for line in try(widget.properties.annotations.horizontal, []) : line.value] if widget.type == "metric" } == {
      "Calls of CompareFaces in five minutes, whole account" = [2100]
      "Decisions"                                            = []
      "Duration (ms)"                                        = [30000]
      "Failures"                                             = []
      "Invocations"                                          = []
      "Similarity"                                           = [90, 70]
    }
    error_message = "Thresholds, timeout and quota must be drawn where they are in force."
  }

  assert {
    condition     = length(aws_cloudwatch_log_metric_filter.record) == 11 && length(aws_cloudwatch_metric_alarm.on_call) == 0
    error_message = "The dashboard needs the metrics of the log, and no alarm."
  }
}

run "a_graph_without_lines_has_no_annotations" {
  command = plan

  assert {
    condition     = sort([for widget in jsondecode(aws_cloudwatch_dashboard.overview[0].dashboard_body).widgets : widget.properties.title if can(widget.properties.annotations)]) == tolist(["Calls of CompareFaces in five minutes, whole account", "Duration (ms)", "Similarity"])
    error_message = "Only a graph with lines may have annotations."
  }
}

run "failures_show_what_passes_beside_what_stays" {
  command = plan

  assert {
    condition     = one([for widget in jsondecode(aws_cloudwatch_dashboard.overview[0].dashboard_body).widgets : jsonencode(widget.properties.metrics) if widget.properties.title == "Failures"]) == jsonencode([for metric in ["Faults", "Unavailable", "RefusedAccess", "NoFace", "Throttled"] : ["FaceCompare/face-compare", metric]])
    error_message = "Every metric of failures that an alarm watches must be on the graph."
  }
}

run "queues_are_shown_where_there_are_some" {
  command = plan

  variables {
    on_upload = {}
  }

  assert {
    condition     = length([for widget in jsondecode(aws_cloudwatch_dashboard.overview[0].dashboard_body).widgets : widget if strcontains(jsonencode(widget), "face-compare-uploads")]) == 2
    error_message = "With on_upload the dashboard must show depth and age of the queues."
  }
}

run "graphs_do_not_overlap" {
  command = plan

  variables {
    on_upload = {}
  }

  assert {
    condition     = length(distinct([for widget in jsondecode(aws_cloudwatch_dashboard.overview[0].dashboard_body).widgets : "${widget.x} ${widget.y}"])) == 9
    error_message = "Every graph needs a place of its own."
  }
}

run "a_crash_is_among_the_failures_and_no_exception_is_twice" {
  command = plan

  assert {
    condition     = strcontains(aws_cloudwatch_query_definition.saved["failures"].query_string, "(type = \"platform.report\" and (record.status = \"timeout\" or record.errorType like /^(Runtime|Sandbox)\\./))")
    error_message = "The query must find the crashes that the alarm counted, and those only."
  }

  assert {
    condition     = anytrue([for widget in jsondecode(aws_cloudwatch_dashboard.overview[0].dashboard_body).widgets : strcontains(widget.properties.query, "record.errorType like /^(Runtime|Sandbox)\\./") if widget.type == "log"])
    error_message = "The dashboard's list must be the same query."
  }
}

run "queries_are_saved_for_this_log_group" {
  command = plan

  assert {
    condition     = join(" ", sort([for query in aws_cloudwatch_query_definition.saved : query.name])) == "face-compare/access-errors face-compare/failures face-compare/near-misses face-compare/photo face-compare/request"
    error_message = "A saved query is missing."
  }

  assert {
    condition     = alltrue([for query in aws_cloudwatch_query_definition.saved : query.log_group_names == tolist(["/aws/lambda/face-compare"])])
    error_message = "Queries must look into this function's log group."
  }

  assert {
    condition     = alltrue([for query in aws_cloudwatch_query_definition.saved : startswith(query.query_string, "fields @timestamp") && strcontains(query.query_string, "| limit ")])
    error_message = "Every query must begin with its fields and end: a query over everything costs by the gigabyte."
  }

  assert {
    condition     = join(" ", output.saved_query_names) == "face-compare/access-errors face-compare/failures face-compare/near-misses face-compare/photo face-compare/request"
    error_message = "The output must name them."
  }
}
