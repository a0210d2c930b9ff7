using System.Text.Json;
using System.Text.Json.Serialization;

namespace SparseTopK.Experiments.Running;

/// <summary>One run of an experiment.</summary>
/// <param name="Recipe">All that the run depends on, a record: its JSON is part of the run's file name, and decides whether a result found on disk is this run's.</param>
/// <param name="Name">A relative path, without extension, for people to find it by.</param>
/// <param name="Epochs">How many there are.</param>
/// <param name="Start">Makes the training, at its first epoch.</param>
internal sealed record Job(object Recipe, string Name, int Epochs, Func<Training> Start)
{
    /// <summary>How recipes are written.</summary>
    public static readonly JsonSerializerOptions JsonOptions = new() { Converters = { new JsonStringEnumConverter() } };

    public string RecipeText => JsonSerializer.Serialize(Recipe, Recipe.GetType(), JsonOptions);
}

/// <summary>A run that is done.</summary>
/// <param name="Recipe">As JSON.</param>
/// <param name="Numbers">What was measured, by name.</param>
internal sealed record RunResult(string Recipe, IReadOnlyDictionary<string, double> Numbers);
