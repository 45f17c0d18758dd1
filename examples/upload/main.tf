provider "aws" {
  region = var.region
}

module "face_compare" {
  # Outside this repository:
  # source  = "OWNER/face-compare/aws"
  # version = "~> 0.1"
  source = "../.."

  name            = var.name
  on_upload       = {}
  rekognition_tps = var.rekognition_tps
}

# The consumer of decisions. Here it is a queue; in yours it may be a function, a workflow or a bus.
resource "aws_cloudwatch_event_rule" "decided" {
  name          = "${var.name}-decided"
  description   = "An image was compared and its result written."
  event_pattern = module.face_compare.result_event_pattern
}

resource "aws_cloudwatch_event_target" "decided" {
  rule = aws_cloudwatch_event_rule.decided.name
  arn  = aws_sqs_queue.decided.arn
}

resource "aws_sqs_queue" "decided" {
  name                    = "${var.name}-decided"
  sqs_managed_sse_enabled = true
}

resource "aws_sqs_queue_policy" "decided" {
  queue_url = aws_sqs_queue.decided.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "AnnouncedByRule"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = "sqs:SendMessage"
        Resource  = aws_sqs_queue.decided.arn
        Condition = { ArnEquals = { "aws:SourceArn" = aws_cloudwatch_event_rule.decided.arn } }
      },
    ]
  })
}
