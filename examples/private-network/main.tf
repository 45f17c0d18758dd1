provider "aws" {
  region = var.region
}

# Without internet gateway, NAT or peering: the two endpoints are the only way out. Their policies name one role, and
# the function's records say what it called, so there are no flow logs. Add aws_flow_log where your rules ask for it; it
# needs a log group and a role of its own.
resource "aws_vpc" "private" {
  #checkov:skip=CKV2_AWS_11:Only HTTPS to two endpoints can leave, and their policies name one role.
  cidr_block = var.cidr_block
  # Both are needed for the endpoint of Rekognition to answer under Rekognition's own name.
  enable_dns_hostnames = true
  enable_dns_support   = true
  tags                 = { Name = var.name }
}

# The group that AWS gives every VPC. Adopted here so that it has no rules left.
resource "aws_default_security_group" "private" {
  vpc_id = aws_vpc.private.id
}

resource "aws_subnet" "private" {
  for_each = { for index, zone in var.availability_zones : zone => cidrsubnet(var.cidr_block, 4, index) }

  availability_zone = each.key
  cidr_block        = each.value
  tags              = { Name = "${var.name}-${each.key}" }
  vpc_id            = aws_vpc.private.id
}

resource "aws_route_table" "private" {
  tags   = { Name = var.name }
  vpc_id = aws_vpc.private.id
}

resource "aws_route_table_association" "private" {
  for_each = aws_subnet.private

  route_table_id = aws_route_table.private.id
  subnet_id      = each.value.id
}

resource "aws_security_group" "function" {
  name        = "${var.name}-function"
  description = "The function: HTTPS to the two endpoints, nothing else."
  vpc_id      = aws_vpc.private.id
}

resource "aws_security_group" "endpoints" {
  name        = "${var.name}-endpoints"
  description = "The interface endpoint: HTTPS from the function, nothing else."
  vpc_id      = aws_vpc.private.id
}

resource "aws_vpc_security_group_egress_rule" "rekognition" {
  description                  = "Rekognition"
  from_port                    = 443
  ip_protocol                  = "tcp"
  referenced_security_group_id = aws_security_group.endpoints.id
  security_group_id            = aws_security_group.function.id
  to_port                      = 443
}

resource "aws_vpc_security_group_egress_rule" "s3" {
  description       = "S3"
  from_port         = 443
  ip_protocol       = "tcp"
  prefix_list_id    = aws_vpc_endpoint.s3.prefix_list_id
  security_group_id = aws_security_group.function.id
  to_port           = 443
}

resource "aws_vpc_security_group_ingress_rule" "function" {
  description                  = "The function"
  from_port                    = 443
  ip_protocol                  = "tcp"
  referenced_security_group_id = aws_security_group.function.id
  security_group_id            = aws_security_group.endpoints.id
  to_port                      = 443
}

# The function inspects images that Rekognition could not read, and with on_upload it lists references and writes
# results. When Rekognition itself reads images, this does not pass here.
resource "aws_vpc_endpoint" "s3" {
  route_table_ids   = [aws_route_table.private.id]
  service_name      = "com.amazonaws.${var.region}.s3"
  tags              = { Name = "${var.name}-s3" }
  vpc_endpoint_type = "Gateway"
  vpc_id            = aws_vpc.private.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        # The role limits what the function may do. This limits the way out to one bucket and one role.
        Sid       = "OneBucket"
        Effect    = "Allow"
        Principal = "*"
        Action    = ["s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket", "s3:PutObject"]
        Resource  = [module.face_compare.bucket_arn, "${module.face_compare.bucket_arn}/*"]
        Condition = { ArnEquals = { "aws:PrincipalArn" = module.face_compare.role_arn } }
      },
    ]
  })
}

resource "aws_vpc_endpoint" "rekognition" {
  private_dns_enabled = true
  security_group_ids  = [aws_security_group.endpoints.id]
  service_name        = "com.amazonaws.${var.region}.rekognition"
  subnet_ids          = [for subnet in aws_subnet.private : subnet.id]
  tags                = { Name = "${var.name}-rekognition" }
  vpc_endpoint_type   = "Interface"
  vpc_id              = aws_vpc.private.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "TwoCalls"
        Effect    = "Allow"
        Principal = "*"
        Action    = ["rekognition:CompareFaces", "rekognition:DetectFaces"]
        # Neither action takes a resource.
        Resource  = "*"
        Condition = { ArnEquals = { "aws:PrincipalArn" = module.face_compare.role_arn } }
      },
    ]
  })
}

module "face_compare" {
  # Outside this repository:
  # source  = "OWNER/face-compare/aws"
  # version = "~> 0.1"
  source = "../.."

  name = var.name

  network = {
    security_group_ids = [aws_security_group.function.id]
    subnet_ids         = [for subnet in aws_subnet.private : subnet.id]
  }
}
