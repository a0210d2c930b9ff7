using System.Text.Json;
using System.Text.Json.Serialization;

namespace SparseTopK.TestKit;

/// <summary>One verified case, a line of a JSON Lines file; golden/README.md describes the fields.</summary>
public sealed record GoldenCase
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNameCaseInsensitive = false,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        RespectNullableAnnotations = true,
    };

    [JsonIgnore]
    public int Line { get; init; }

    [JsonPropertyName("id")]
    public required string Id { get; init; }

    [JsonPropertyName("note")]
    public string? Note { get; init; }

    [JsonPropertyName("op")]
    public required string Op { get; init; }

    [JsonPropertyName("p")]
    public double? P { get; init; }

    [JsonPropertyName("lam")]
    public double? Lambda { get; init; }

    [JsonPropertyName("k")]
    public int? K { get; init; }

    /// <summary>The weights of an isotonic regression.</summary>
    [JsonPropertyName("w")]
    public double[]? W { get; init; }

    [JsonPropertyName("direction")]
    public string? Direction { get; init; }

    [JsonPropertyName("regularization")]
    public string? Regularization { get; init; }

    [JsonPropertyName("x")]
    public required double[] X { get; init; }

    [JsonPropertyName("y")]
    public required double[] Y { get; init; }

    [JsonPropertyName("g")]
    public required double[] G { get; init; }

    [JsonPropertyName("vjp")]
    public double[]? Vjp { get; init; }

    [JsonPropertyName("tau")]
    public double? Threshold { get; init; }

    [JsonPropertyName("tau_interval")]
    public double?[]? ThresholdInterval { get; init; }

    [JsonPropertyName("margin")]
    public double? Margin { get; init; }

    /// <summary>Whether it is a case of <see cref="TopKMask"/> or <see cref="TopKMagnitude"/>.</summary>
    [JsonIgnore]
    public bool IsTopK => Op is "mask" or "mag";

    /// <summary>Whether it is a case of <see cref="IsotonicRegression"/>.</summary>
    [JsonIgnore]
    public bool IsIsotonic => Op is "iso_l2" or "iso_mask" or "iso_mag";

    /// <summary>Whether it is a case of <see cref="SoftRank"/> or <see cref="SoftSort"/>.</summary>
    [JsonIgnore]
    public bool IsSoft => Op is "soft_rank" or "soft_sort";

    /// <summary>Whether its operator is one that this library has; its parameters are then all there.</summary>
    [JsonIgnore]
    public bool IsKnown => IsTopK || IsIsotonic || IsSoft;

    /// <summary>The regularizer: of the given p and lambda, or the square where an operator has no other.</summary>
    [JsonIgnore]
    public PNorm Norm => IsSoft ? PNorm.Quadratic(Lambda!.Value) : new(P!.Value, Lambda!.Value);

    /// <summary>What an isotonic case minimises.</summary>
    [JsonIgnore]
    public IsotonicObjective Objective => Op switch
    {
        "iso_l2" => IsotonicObjective.LeastSquares,
        "iso_mask" => IsotonicObjective.LinearTerm(Norm),
        _ => IsotonicObjective.QuadraticTerm(Norm),
    };

    /// <summary>The order of a soft rank or a soft sort.</summary>
    [JsonIgnore]
    public SoftOrder Order => new(
        Lambda!.Value, Direction == "ASCENDING" ? SortDirection.Ascending : SortDirection.Descending, SoftRegularization.Quadratic);

    /// <summary>The file that ships with the tests.</summary>
    public static string ShippedFile => Path.Combine(AppContext.BaseDirectory, "golden", "cases.jsonl");

    /// <summary>Reads a file of cases.</summary>
    /// <exception cref="InvalidDataException">A line is malformed: the message names the file and the line.</exception>
    public static IEnumerable<GoldenCase> Read(string path)
    {
        var number = 0;
        foreach (var line in File.ReadLines(path))
        {
            number++;
            if (!string.IsNullOrWhiteSpace(line))
            {
                yield return Parse(line, path, number);
            }
        }
    }

    private static GoldenCase Parse(string line, string path, int number)
    {
        try
        {
            var parsed = JsonSerializer.Deserialize<GoldenCase>(line, Options) ?? throw new JsonException("The line is null.");
            parsed.Validate();
            return parsed with { Line = number };
        }
        catch (Exception error) when (error is JsonException or ArgumentException)
        {
            throw new InvalidDataException($"{path}, line {number}: {error.Message}", error);
        }
    }

    private void Validate()
    {
        Require(X.Length > 0, "x has no entry.");
        Require(
            Y.Length == X.Length && G.Length == X.Length && (Vjp ?? X).Length == X.Length,
            $"x, y, g and vjp must be of one length; they have {X.Length}, {Y.Length}, {G.Length} and {Vjp?.Length}.");
        Require(!IsTopK || (K >= 0 && K <= X.Length), $"{Op} needs a k from 0 to {X.Length}.");
        Require(!IsIsotonic || W?.Length == X.Length, $"{Op} needs as many w as x, {X.Length}; there are {W?.Length ?? 0}.");
        Require(!IsIsotonic || W!.All(IsWeight), $"A w is not one that {Op} takes.");
        Require(!IsSoft || Direction is "ASCENDING" or "DESCENDING", $"{Op} needs a direction, ASCENDING or DESCENDING.");
        Require(!IsSoft || Regularization == "l2", $"{Op} needs the regularization l2; no other is known.");
        if (IsKnown && Op != "iso_l2")
        {
            Require(Lambda is not null && (IsSoft || P is not null), IsSoft ? $"{Op} needs lam." : $"{Op} needs p and lam.");
            _ = Norm;
        }
    }

    private bool IsWeight(double w) => double.IsFinite(w) && (Op == "iso_mask" || (Op == "iso_mag" ? w >= 0 : w > 0));

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new JsonException(message);
        }
    }
}
