# A run ends hours after its start, when nobody is watching any more.
resource "aws_cloudwatch_metric_alarm" "failed_run" {
  # On the object alone, never on the topics, which may be unknown at plan.
  count = var.alarm == null ? 0 : 1

  region        = var.face_compare.region
  alarm_actions = var.alarm.sns_topic_arns
  alarm_description = join(" ", [
    "A run of ${local.name} failed, timed out or was stopped.",
    "What to do: docs/operations.md#runs-of-modulesbatch of the module.",
  ])
  alarm_name          = "${local.name}-failed"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  datapoints_to_alarm = 1
  evaluation_periods  = 1
  # Those who were notified have to learn that it is over.
  ok_actions = var.alarm.sns_topic_arns
  tags       = var.tags
  threshold  = 1
  # No data means no run.
  treat_missing_data = "notBreaching"

  metric_query {
    id = "result"
    # Step Functions reports each metric only when there is something to count.
    expression  = "FILL(aborted, 0) + FILL(failed, 0) + FILL(timed_out, 0)"
    label       = "failed runs"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = {
      aborted   = "ExecutionsAborted"
      failed    = "ExecutionsFailed"
      timed_out = "ExecutionsTimedOut"
    }

    content {
      id = metric_query.key

      metric {
        dimensions  = { StateMachineArn = aws_sfn_state_machine.batch.arn }
        metric_name = metric_query.value
        namespace   = "AWS/States"
        period      = 300
        stat        = "Sum"
      }
    }
  }

  lifecycle {
    precondition {
      condition     = alltrue([for arn in var.alarm.sns_topic_arns : split(":", arn)[3] == local.region])
      error_message = <<-EOT
        alarm.sns_topic_arns is ${jsonencode(var.alarm.sns_topic_arns)}, but CloudWatch publishes only to topics of
        its own region, which is ${local.region}. Give topics there; they can have
        subscribers anywhere.
      EOT
    }
  }
}
