using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace SparseTopK.Experiments.Running;

/// <summary>The runs on disk: the results of those that are done, the last epoch of those that are not, the networks of those that ask for it.</summary>
internal sealed class RunFolder(string folder)
{
    /// <summary>The result of a run, or null where there is none of this recipe.</summary>
    public RunResult? Result(Job job)
    {
        var path = PathOf(job, ".json");
        var result = File.Exists(path) ? JsonSerializer.Deserialize<RunResult>(File.ReadAllText(path)) : null;
        return result?.Recipe == job.RecipeText ? result : null;
    }

    /// <summary>Writes a result, and removes the checkpoint that it replaces.</summary>
    public void Finish(Job job, RunResult result)
    {
        AtomicFile.Write(PathOf(job, ".json"), JsonSerializer.Serialize(result));
        File.Delete(PathOf(job, ".checkpoint"));
    }

    /// <summary>Writes the state of a training between two epochs.</summary>
    public void SaveCheckpoint(Job job, Training training) => AtomicFile.Write(PathOf(job, ".checkpoint"), stream =>
    {
        using var writer = new BinaryWriter(stream);
        writer.Write(job.RecipeText);
        training.Save(writer);
    });

    /// <summary>Goes on from the checkpoint of a run, if it has one of this recipe.</summary>
    public void LoadCheckpoint(Job job, Training training)
    {
        var path = PathOf(job, ".checkpoint");
        if (File.Exists(path))
        {
            using var reader = new BinaryReader(File.OpenRead(path));
            if (reader.ReadString() == job.RecipeText)
            {
                training.Load(reader);
            }
        }
    }

    /// <summary>Where the network of a run is kept, for runs that start from it.</summary>
    public string NetworkOf(Job job) => PathOf(job, ".network");

    /// <summary>The recipe is in the name: a short form of an experiment does not overwrite the runs of a long one.</summary>
    private string PathOf(Job job, string extension)
    {
        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(job.RecipeText)))[..8];
        return Path.Combine(folder, $"{job.Name}-{digest}{extension}");
    }
}
