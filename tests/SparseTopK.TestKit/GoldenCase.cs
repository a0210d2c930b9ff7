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
    };

    [JsonIgnore]
    public int Line { get; init; }

    [JsonPropertyName("id")]
    public required string Id { get; init; }

    [JsonPropertyName("note")]
    public string Note { get; init; } = string.Empty;

    [JsonPropertyName("op")]
    public required string Op { get; init; }

    [JsonPropertyName("p")]
    public double? P { get; init; }

    [JsonPropertyName("lam")]
    public double? Lambda { get; init; }

    [JsonPropertyName("k")]
    public int? K { get; init; }

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

    /// <summary>Whether it is a case of TopKMask or TopKMagnitude, whose parameters are then all there.</summary>
    [JsonIgnore]
    public bool IsTopK => Op is "mask" or "mag";

    [JsonIgnore]
    public PNorm Norm => new(P!.Value, Lambda!.Value);

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
        if (Y.Length != X.Length || G.Length != X.Length || (Vjp ?? X).Length != X.Length)
        {
            throw new JsonException($"x, y, g and vjp must be of one length; they have {X.Length}, {Y.Length}, {G.Length} and {Vjp?.Length}.");
        }

        if (IsTopK && (P is null || Lambda is null || K is not { } k || k < 0 || k > X.Length))
        {
            throw new JsonException($"{Op} needs p, lam and a k from 0 to {X.Length}.");
        }

        _ = IsTopK ? Norm : default;
    }
}
